"""``harness plan capacity``: its table, its JSON, its drawing, and how it refuses."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from harness.cli.main import main

MESH = ["plan", "capacity", "--topology", "mesh", "--platform", "nfx250"]
HUBS = ["plan", "capacity", "--topology", "hub-and-spoke", "--platform", "nfx250"]
MESH_OF_250 = [*MESH, "--sites", "250", "--links", "3"]
LARGE = [*HUBS, "--sites", "6000", "--links", "2"]


def test_a_mesh_as_a_table(capsys):
    """Each row has what was asked, what is documented, and what that means."""
    assert main([*MESH_OF_250, "--tag-pairs", "3"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "full mesh of 250 sites, 3 mesh-tag pairs: 93375 tunnels"
    for line in (
        "each site (nfx250) 747 600 exceeded by 147 nfx250-tunnels",
        "sites of the tenant 250 250 within tenant-sites",
        "tunnels of a tenant, all pairs up 93375 blank no reference value dvpn-tunnels-per-tenant",
        "tag pairs tunnels tunnels of a site a site (nfx250) a site (srx4100) a site (srx4200)",
        "2 62250 498 within within within",
        "3 93375 747 exceeded by 147 within within",
    ):
        assert line in lines


def test_hubs_as_a_table(capsys):
    """Without --hubs there are as many as needed."""
    assert main([*LARGE, "--hubs-per-site", "2", "--oam"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "hub and spoke: 6000 sites with 2 WAN links on 20 hubs, primary and secondary, with OAM "
        "tunnel: 30000 tunnels",
        "fullest hub (srx4200) 1500 1500 within srx4200-tunnels",
        "hubs needed: 20",
        "4 2 54000 37 9 within",
    ):
        assert line in lines


def test_json_has_it_all(capsys):
    """For scripts: numbers, rows, and who is exceeded by how much."""
    assert main([*LARGE, "--hubs", "7", "--hub-platform", "srx4100", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["tunnels"], found["hubs_needed"]) == (12_000, 8)
    assert found["loads"][1] == {
        "what": "fullest hub (srx4100)",
        "asked": 1716,
        "limit": 1500,
        "exceeded_by": 216,
        "standing": "exceeded by 216",
        "claim": "srx4100-tunnels",
        "source": "document",
        "given_in": None,
    }
    assert found["combinations"][2]["links"] == 2
    assert found["combinations"][2]["hubs_needed"] == 8


def test_a_blank_cell_is_judged_only_with_the_operators_number(capsys, tmp_path):
    """It's said whose number it is, and where he gave it."""
    tenants = [*MESH, "--sites", "10", "--links", "1", "--tenants", "200"]
    assert main([*tenants, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["loads"][4]
    assert (row["asked"], row["limit"], row["source"]) == (9000, None, None)
    assert main([*tenants, "--claim", "dvpn-tunnels-per-installation=8000"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "tunnels of all tenants 9000 8000, the operator's exceeded by 1000 "
        "dvpn-tunnels-per-installation (--claim)" in out
    )
    file = tmp_path / "lab.yaml"
    file.write_text(
        "testbed: {name: lab}\nclaims: {dvpn-tunnels-per-tenant: 45}\n"
        "devices: {a: {platform: vmx, os: junos, simulated: true, underlay: {external_interface: "
        "ge-0/0/0.0, local_address: 192.0.2.1, peers: 198.18.0.0/15, inner: 100.64.0.0/10}}}\n"
    )
    assert main([*tenants, "--testbed", str(file)]) == 0
    assert f"dvpn-tunnels-per-tenant ({file}:2)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            [*MESH_OF_250, "--tag-pairs", "3"],
            {
                "Full mesh; the dot is 250 sites: 747 tunnels of each",
                "3 tag pairs",
                "600: nfx250",
                "1500: srx4100, srx4200",
            },
        ),
        (LARGE, {"srx4200 hubs needed at 1500 tunnels each; the dot is 6000 sites on 8", "hubs"}),
    ],
)
def test_a_drawing_is_written(arguments, words, tmp_path, capsys):
    """An SVG that says what it shows; the table is printed as well."""
    path = tmp_path / "plot.svg"
    assert main([*arguments, "--plot", str(path)]) == 0
    assert "with other links" in capsys.readouterr().out
    texts = {element.text for element in etree.parse(path).iter("{*}text")}
    assert words <= texts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [*MESH_OF_250, "--tag-pairs", "4"],
            "mesh-tag pairs: 4; allowed: 1..3",
        ),
        (
            [*MESH, "--sites", "250", "--links", "2", "--tag-pairs", "3"],
            "3 mesh-tag pairs need as many WAN links; a site has 2",
        ),
        ([*MESH, "--sites", "1", "--links", "2"], "sites of a mesh: 1; allowed: 2 or more"),
        ([*MESH, "--sites", "9", "--links", "5"], "WAN links of a site: 5; allowed: 1..4"),
        ([*MESH_OF_250, "--tenants", "0"], "tenants: 0; allowed: 1 or more"),
        (
            [*MESH, "--sites", "1000000", "--links", "2"],
            "site name 't1-s1000000' has 11 characters; allowed: 10 at most",
        ),
        ([*MESH_OF_250, "--hubs", "2"], "--hubs: there is none in a full mesh"),
        ([*MESH_OF_250, "--oam"], "--oam: there is none in a full mesh"),
        ([*LARGE, "--tag-pairs", "1"], "--tag-pairs: there is none in a hub-and-spoke deployment"),
        ([*LARGE, "--hubs", "0"], "hubs: 0; allowed: 1 or more"),
        (
            [*LARGE, "--hubs", "1", "--hubs-per-site", "2"],
            "2 hubs for each site, and 1 in all",
        ),
        ([*LARGE, "--hubs-per-site", "0"], "hubs of a site: 0; allowed: 1..2"),
        ([*LARGE, "--hubs-per-site", "3"], "hubs of a site: 3; allowed: 1..2"),
        ([*HUBS, "--sites", "0", "--links", "2"], "sites: 0; allowed: 1 or more"),
        (
            [*HUBS, "--sites", "100000", "--links", "2"],
            "site name 'site-100000' has 11 characters; allowed: 10 at most",
        ),
        (
            [*LARGE, "--hub-platform", "vsrx"],
            "a hub of platform vsrx has no documented number of tunnels; with one: nfx250, "
            "srx4100, srx4200",
        ),
        (
            [*LARGE, "--hub-platform", "mx960"],
            "unknown platform 'mx960'; known: nfx250, srx4100, srx4200, vsrx, vmx",
        ),
        (
            [*LARGE, "--claim", "nfx250-tunnels=700"],
            "--claim: nfx250-tunnels: the document says 600; allowed: values for blank rows, "
            "dvpn-tunnels-per-tenant, dvpn-tunnels-per-installation, log-events-per-second",
        ),
        ([*LARGE, "--plot", "hubs.png"], "--plot hubs.png: allowed: a file that ends in .svg"),
        (
            [*LARGE, "--plot", "no/such/folder/hubs.svg"],
            "--plot no/such/folder/hubs.svg: can't be written (No such file or directory)",
        ),
    ],
)
def test_bad_input_gets_one_line(arguments, message, capsys):
    """Exit code 64, and nothing on stdout."""
    assert main(arguments) == 64
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"{message}\n")
