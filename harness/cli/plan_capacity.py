"""``harness plan capacity``: what a deployment asks of its devices, against documented numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from harness.claims.catalogue import Catalogue
from harness.cli.capacity_chart import hub_chart, mesh_chart
from harness.cli.operator_values import catalogue_with
from harness.cli.output import print_json, print_table
from harness.errors import UsageError
from harness.plan.capacity import (
    Capacity,
    Combination,
    Load,
    hub_capacity,
    hub_limit,
    hubs_needed,
    mesh_capacity,
)
from harness.plan.hub_and_spoke import HubAndSpoke
from harness.plan.tenants import Tenants
from harness.reporting.line_chart import Chart

HUB_AND_SPOKE, MESH = "hub-and-spoke", "mesh"
_HUB_PLATFORM = "srx4200"


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options that say what is deployed; None and False where one wasn't given."""

    sites: int
    links: int
    platform: str
    tag_pairs: int | None
    tenants: int | None
    hubs: int | None
    hubs_per_site: int | None
    hub_platform: str | None
    oam: bool

    def refuse(self, topology: str, *options: str) -> None:
        """Raise :class:`UsageError` for the first option that ``topology`` has no use for."""
        for option in options:
            if getattr(self, option) not in {None, False}:
                raise UsageError(f"--{option.replace('_', '-')}: there is none in a {topology}")


@click.command(
    epilog="""\b
Examples:
  harness plan capacity --topology mesh --sites 250 --links 3 --tag-pairs 3 --platform nfx250
  harness plan capacity --topology hub-and-spoke --sites 6000 --links 2 --platform nfx250 \\
      --hubs-per-site 2 --oam --plot hubs.svg
""",
)
@click.option("--topology", required=True, type=click.Choice([HUB_AND_SPOKE, MESH]))
@click.option("--sites", required=True, type=int, help="Sites; of each tenant, in a mesh.")
@click.option("--links", required=True, type=int, help="WAN links of each site, 1 to 4.")
@click.option("--platform", required=True, help="What the sites are: nfx250, srx4100, …")
@click.option("--tag-pairs", type=int, help="Mesh: links with matching mesh tags.  [default: 1]")
@click.option("--tenants", type=int, help="Mesh: tenants, a mesh each.  [default: 1]")
@click.option("--hubs", type=int, help="Hub and spoke: hubs.  [default: as many as needed]")
@click.option("--hubs-per-site", type=int, help="1, or 2 with a secondary hub.  [default: 1]")
@click.option("--hub-platform", help=f"What the hubs are.  [default: {_HUB_PLATFORM}]")
@click.option("--oam", is_flag=True, help="Hub and spoke: a secure OAM tunnel for each site.")
@click.option(
    "--testbed",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Take the operator's values for blank rows from this file's claims.",
)
@click.option("--claim", "given", metavar="ID=VALUE", multiple=True, help="The same, from here.")
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON.")
@click.option(
    "--plot",
    metavar="FILE.svg",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw it.",
)
def capacity(
    *,
    topology: str,
    testbed: Path | None,
    given: Sequence[str],
    as_json: bool,
    plot: Path | None,
    **options: object,
) -> None:
    """Count a deployment's tunnels on each site and hub, and the hubs it needs.

    Says which documented number is exceeded, also by deployments with more or fewer links. The
    document's blank cells stay without reference unless you give a number.
    """
    asked = _Asked(**options)  # type: ignore[arg-type]  # click checked their types
    catalogue = catalogue_with(testbed, given)
    found, chart = (_mesh if topology == MESH else _hubs)(asked, catalogue)
    if plot is not None:
        _write(plot, chart)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _mesh(asked: _Asked, catalogue: Catalogue) -> tuple[Capacity, Chart]:
    asked.refuse("full mesh", "hubs", "hubs_per_site", "hub_platform", "oam")
    tenants = 1 if asked.tenants is None else asked.tenants
    pairs = 1 if asked.tag_pairs is None else asked.tag_pairs
    topology = Tenants(tenants, asked.sites, pairs, asked.links)
    found = mesh_capacity(topology, asked.platform, catalogue)
    return found, mesh_chart(topology, catalogue)


def _hubs(asked: _Asked, catalogue: Catalogue) -> tuple[Capacity, Chart]:
    asked.refuse("hub-and-spoke deployment", "tag_pairs", "tenants")
    platform = asked.hub_platform or _HUB_PLATFORM
    per_site = 1 if asked.hubs_per_site is None else asked.hubs_per_site
    hubs = asked.hubs
    if hubs is None:
        HubAndSpoke(asked.sites, asked.links, max(1, per_site), per_site)  # refuses before counting
        limit = hub_limit(platform, catalogue)
        hubs = hubs_needed(asked.sites, asked.links, per_site, limit, oam=asked.oam)
    topology = HubAndSpoke(asked.sites, asked.links, hubs, per_site, asked.oam)
    found = hub_capacity(topology, asked.platform, platform, catalogue)
    return found, hub_chart(topology, platform, catalogue)


def _print(found: Capacity) -> None:
    click.echo(f"{found.words}: {found.tunnels} tunnels\n")
    print_table(
        ("what", "asked", "documented", "standing", "row"),
        [
            (load.what, str(load.asked), _limit(load), load.standing, _row(load))
            for load in found.loads
        ],
    )
    if found.hubs_needed is not None:
        click.echo(f"\nhubs needed: {found.hubs_needed}")
    click.echo("\nwith other links:")
    print_table(_headings(found.combinations[0]), [_cells(one) for one in found.combinations])


def _limit(load: Load) -> str:
    if load.limit is None or load.claim is None:
        return "blank" if load.claim else "no row"
    return f"{load.limit}, the operator's" if load.claim.source == "operator" else str(load.limit)


def _row(load: Load) -> str:
    if load.claim is None:
        return ""
    where = load.claim.given_in
    return f"{load.claim.id} ({where})" if where else load.claim.id


def _headings(one: Combination) -> tuple[str, ...]:
    hubs = () if one.hubs is None else ("hubs needed",)
    each = tuple(load.what for load in one.loads)
    return (*(name for name, _ in one.settings), "tunnels", *hubs, "tunnels of a site", *each)


def _cells(one: Combination) -> tuple[str, ...]:
    hubs = () if one.hubs is None else (str(one.hubs),)
    each = tuple(load.standing for load in one.loads)
    settings = (str(value) for _, value in one.settings)
    return (*settings, str(one.tunnels), *hubs, str(one.loads[0].asked), *each)


def _as_json(found: Capacity) -> dict[str, object]:
    return {
        "deployment": found.words,
        "tunnels": found.tunnels,
        "hubs_needed": found.hubs_needed,
        "loads": [_load_json(load) for load in found.loads],
        "combinations": [
            {
                **{name.replace(" ", "_"): value for name, value in one.settings},
                "tunnels": one.tunnels,
                "hubs_needed": one.hubs,
                "loads": [_load_json(load) for load in one.loads],
            }
            for one in found.combinations
        ],
    }


def _load_json(load: Load) -> dict[str, object]:
    claim = load.claim
    return {
        "what": load.what,
        "asked": load.asked,
        "limit": load.limit,
        "exceeded_by": load.excess,
        "standing": load.standing,
        "claim": None if claim is None else claim.id,
        "source": None if claim is None or claim.blank else claim.source,
        "given_in": None if claim is None else claim.given_in or None,
    }


def _write(path: Path, chart: Chart) -> None:
    if path.suffix != ".svg":
        raise UsageError(f"--plot {path}: allowed: a file that ends in .svg")
    try:
        path.write_text(chart.svg(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--plot {path}: can't be written ({error.strerror})") from error
