"""The documented numbers: all there, all cited, and only blanks filled by the operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.claims.catalogue import Catalogue
from harness.claims.markdown import markdown
from harness.claims.model import Claim, standing
from harness.errors import ClaimError

CHECKOUT = Path(__file__).parents[3]
DATA = CHECKOUT / "harness" / "claims" / "data" / "cso-4.1.0.yaml"

# The two tables of the release notes, once more and by hand.
DOCUMENTED = {
    "small-centralized-vnfs": 10,
    "small-distributed-sites": 500,
    "small-hub-and-spoke-sites": 500,
    "medium-centralized-vnfs": 100,
    "medium-distributed-sites": 3500,
    "medium-hub-and-spoke-sites": 3500,
    "large-centralized-vnfs": 500,
    "large-distributed-sites": 6000,
    "large-hub-and-spoke-sites": 6000,
    "dvpn-tunnels-per-tenant": None,
    "dvpn-tunnels-per-installation": None,
    "full-mesh-tenants": 200,
    "full-mesh-sites-per-tenant": 10,
    "tenant-sites": 250,
    "log-events-per-second": None,
    "nfx250-tunnels": 600,
    "srx4100-tunnels": 1500,
    "srx4200-tunnels": 1500,
}
BLANK = [claim for claim, value in DOCUMENTED.items() if value is None]

SMALL = """\
documents:
  notes: {document: Notes, release: '1', address: 'https://example.net/x'}
tables:
  one: {document: notes, table: Table 1}
claims:
  - id: a-b
    value: 5
    unit: sites
    meaning: what it means
    doubt: what is open
    citation: {table: one, row: first}
  - id: c
    value:
    unit: sites
    platform: srx4100
    meaning: what it means
    doubt: what is open
    citation: {table: one, row: second, column: third}
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def test_every_number_of_both_tables_is_there(catalogue: Catalogue) -> None:
    """All rows have the document's value, and a blank cell has none."""
    assert {claim.id: claim.value for claim in catalogue} == DOCUMENTED
    assert all(claim.source == "document" for claim in catalogue)


def test_factors_stand_where_the_document_states_them(catalogue: Catalogue) -> None:
    """VNFs per site and per compute node are in the rows that have them."""
    assert {claim.id: dict(claim.factors) for claim in catalogue if claim.factors} == {
        "small-distributed-sites": {"vnfs-per-site": 2},
        "medium-distributed-sites": {"vnfs-per-site": 2},
        "large-distributed-sites": {"vnfs-per-site": 2},
        "medium-centralized-vnfs": {"vnfs-per-compute-node": 20},
        "large-centralized-vnfs": {"vnfs-per-compute-node": 20},
        "full-mesh-tenants": {"sites-per-tenant": 10},
        "full-mesh-sites-per-tenant": {"tenants": 200},
    }


def test_every_row_is_cited(catalogue: Catalogue) -> None:
    """Each row names document, release, table, row and address, its meaning and its doubt."""
    for claim in catalogue:
        citation = claim.citation
        assert citation.document == "Contrail Service Orchestration 4.1.0 Release Notes"
        assert citation.release == "4.1.0"
        assert citation.table.startswith(("Table 1: ", "Table 2: "))
        assert citation.address.startswith("https://www.juniper.net/documentation/en_US/cso4.1/")
        assert all((citation.row, claim.meaning, claim.doubt, claim.unit))
        assert bool(citation.column) == citation.table.startswith("Table 1")


def test_look_up(catalogue: Catalogue) -> None:
    """A claim is found by id or platform; an unknown id lists the known ones."""
    assert catalogue.get("nfx250-tunnels").value == 600
    assert [claim.id for claim in catalogue.for_platform("srx4200")] == ["srx4200-tunnels"]
    assert catalogue.for_platform("vmx") == ()
    with pytest.raises(ClaimError) as caught:
        catalogue.get("nfx250-tunnel")
    assert "unknown claim 'nfx250-tunnel', did you mean nfx250-tunnels?" in str(caught.value)
    assert str(caught.value).endswith("known: " + ", ".join(DOCUMENTED))


def test_a_citation_is_one_line(catalogue: Catalogue) -> None:
    """A citation reads as document, table and cell."""
    assert str(catalogue.get("large-hub-and-spoke-sites").citation) == (
        "Contrail Service Orchestration 4.1.0 Release Notes, Table 1: Number of Sites and VNFs "
        "Supported, large, hub and spoke SD-WAN deployment"
    )


def test_a_blank_takes_the_operators_value(catalogue: Catalogue) -> None:
    """The value is marked as his with its place, other rows stay, and the original is unchanged."""
    given = catalogue.with_operator_values({"log-events-per-second": 5000}, "--claim")
    claim = given.get("log-events-per-second")
    assert (claim.value, claim.source, claim.given_in) == (5000, "operator", "--claim")
    assert [c.id for c in given if c.source == "operator"] == ["log-events-per-second"]
    assert catalogue.get("log-events-per-second").blank
    again = given.with_operator_values({"log-events-per-second": 7}, lambda key: f"x:{key}")
    claim = again.get("log-events-per-second")
    assert (claim.value, claim.given_in) == (7, "x:log-events-per-second")


def test_what_an_operator_may_not_give(catalogue: Catalogue) -> None:
    """A documented number, an unknown id and a value below 1 are refused, all in one go."""
    values = {"srx4100-tunnels": 9, "nonsense": 1, "log-events-per-second": 0}
    with pytest.raises(ClaimError) as caught:
        catalogue.with_operator_values(values, lambda key: f"lab.yaml:{len(key)}")
    assert str(caught.value).split("\n") == [
        "lab.yaml:15: srx4100-tunnels: the document says 1500; allowed: values for blank rows, "
        + ", ".join(BLANK),
        "lab.yaml:8: unknown claim 'nonsense'; known: " + ", ".join(DOCUMENTED),
        "lab.yaml:21: log-events-per-second: is 0; allowed: a whole number, 1 or more",
    ]


@pytest.mark.parametrize(
    ("value", "requested", "accepted", "words"),
    [
        (1500, 1500, 1500, "qualified"),
        (1500, 1501, 1501, "qualified"),
        (1500, 1499, 1499, "sampled at 1499"),
        (1500, 1500, 1499, "sampled at 1499"),
        (1500, 1501, 1500, "sampled at 1500"),
        (1500, 150, 0, "sampled at 0"),
        (1500, 1499, 1500, "sampled at 1500"),
        (None, 1500, 1500, "no reference value"),
    ],
)
def test_standing(
    catalogue: Catalogue, value: int | None, requested: int, accepted: int, words: str
) -> None:
    """Qualified needs all of a request that reaches the claim; a blank can't be reached."""
    claim = next(claim for claim in catalogue if claim.value == value)
    assert standing(claim, requested, accepted) == words


def test_an_operators_value_can_be_qualified(catalogue: Catalogue) -> None:
    """A number that the operator gave is judged like another; its source says whose it is."""
    given = catalogue.with_operator_values({"log-events-per-second": 10}, "--claim")
    assert standing(given.get("log-events-per-second"), 10, 10) == "qualified"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    citation: {table: one, row: first}\n",
            "",
            "x.yaml:6: claims[0].citation: is missing",
        ),
        (", row: first", "", "x.yaml:11: claims[0].citation.row: is missing"),
        ("row: first", "row: ''", "x.yaml:11: claims[0].citation.row: is malformed; "
         "allowed: text on one line"),
        ("table: one, row: first", "table: two, row: first",
         "x.yaml:11: claims[0].citation.table: unknown table; allowed: one"),
        ("one: {document: notes", "one: {document: note",
         "x.yaml:4: tables.one.document: unknown document; allowed: notes"),
        ("address: 'https://example.net/x'", "address: example.net",
         "x.yaml:2: documents.notes.address: is malformed; allowed: an https address"),
        ("release: '1'", "releas: '1'",
         "x.yaml:2: documents.notes.releas: unknown key, did you mean release?; "
         "allowed: document, release, address\n"
         "x.yaml:2: documents.notes.release: is missing"),
        ("id: c", "id: a-b", "x.yaml:12: claims[1].id: a-b is given twice"),
        ("id: c", "id: C c", "x.yaml:12: claims[1].id: is malformed; "
         "allowed: lower-case words joined by '-'"),
        ("    value:\n", "", "x.yaml:12: claims[1].value: is missing"),
        ("value: 5", "value: 5.5", "x.yaml:7: claims[0].value: is a number; "
         "allowed: a whole number"),
        ("value: 5", "value: 0", "x.yaml:7: claims[0].value: is too small; allowed: 1 or more"),
        ("doubt: what is open", "doubts: none", "x.yaml:6: claims[0].doubt: is missing\n"
         "x.yaml:10: claims[0].doubts: unknown key, did you mean doubt?; allowed: id, value, unit, "
         "platform, factors, meaning, doubt, citation"),
        ("platform: srx4100", "platform: srx", "x.yaml:15: claims[1].platform: is 'srx'; "
         "allowed: nfx250, srx4100, srx4200"),
        (SMALL, "", "x.yaml:1: the file is empty; allowed: a mapping"),
        (SMALL, "- a", "x.yaml:1: is a list; allowed: a mapping"),
    ],
)  # fmt: skip
def test_a_bad_row_does_not_load(old: str, new: str, message: str) -> None:
    """A row without citation, and every other mistake, is a line with file and place."""
    assert len(Catalogue.from_text(SMALL, "x.yaml").claims) == 2
    assert old in SMALL
    with pytest.raises(ClaimError) as caught:
        Catalogue.from_text(SMALL.replace(old, new, 1), "x.yaml")
    assert str(caught.value) == message


def test_a_claim_without_a_value_is_blank(catalogue: Catalogue) -> None:
    """Blank is what has no value, whoever could give one."""
    assert [claim.id for claim in catalogue if claim.blank] == BLANK
    assert isinstance(catalogue.claims[0], Claim)


def test_the_docs_show_these_rows(catalogue: Catalogue) -> None:
    """The tables of docs/claims.md are what `harness claims list --markdown` prints."""
    assert (CHECKOUT / "docs" / "claims.md").read_text().endswith("\n\n" + markdown(catalogue))


def test_the_shipped_file_has_no_other_rows() -> None:
    """The data file alone, read from the checkout, gives the packaged catalogue."""
    assert Catalogue.from_text(DATA.read_text(), "data") == Catalogue.load()
