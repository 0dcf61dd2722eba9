"""Reading a configuration over NETCONF: inherited, changed, names alone, as a patch."""

from __future__ import annotations

import pytest
from lxml import etree

from harness.sim.dialect import BASE_NAMESPACE

NC = f"{{{BASE_NAMESPACE}}}"
GROUPED = (
    '<load-configuration action="set" format="text"><configuration-set>'
    "set groups g system login message inherited\nset apply-groups g"
    "</configuration-set></load-configuration>"
)
PATCH = "[edit system]\n+  domain-name patched.example;\n"


def shown(element: etree._Element) -> str:
    return etree.tostring(element).decode()


def message(reply: etree._Element) -> etree._Element | None:
    found = [each for each in reply.iter() if str(each.tag).endswith("}message")]
    return found[0] if found else None


def test_groups_are_shown_where_they_apply(bench):
    """Inherited statements stand in their place, with their group if asked; else groups do."""
    talk = bench.netconf()
    talk.rpc(GROUPED)
    apart = talk.rpc("<get-configuration/>")
    assert "<groups" in shown(apart)
    inherited = talk.rpc('<get-configuration inherit="inherit" groups="groups"/>')
    assert "groups>" not in shown(inherited)
    found = message(inherited)
    assert found is not None
    assert found.text == "inherited"
    assert [value for name, value in found.items() if name.endswith("}group")] == ["g"]
    refused = talk.rpc('<get-configuration inherit="defaults"/>')
    assert refused.find(f"{NC}rpc-error") is not None


def test_a_patch_is_loaded(bench):
    """What show | compare prints loads by action patch."""
    talk = bench.netconf()
    body = f"<configuration-patch>{PATCH}</configuration-patch>"
    results = talk.rpc(
        f'<load-configuration action="patch" format="text">{body}</load-configuration>'
    )
    assert results.find(f"{NC}load-configuration-results/{NC}ok") is not None
    difference = talk.rpc('<get-configuration compare="rollback" rollback="0" format="text"/>')
    assert PATCH in "".join(difference.itertext())


def test_what_changed_is_marked(bench):
    """Changed marks the element and those around it, against what is committed."""
    talk = bench.netconf()
    talk.rpc(
        '<load-configuration action="set" format="text"><configuration-set>'
        "set system domain-name other.example</configuration-set></load-configuration>"
    )
    reply = talk.rpc('<get-configuration changed="changed"/>')
    marked = [
        str(each.tag).rpartition("}")[2]
        for each in reply.iter()
        if any(name.endswith("}changed") for name in each.attrib)
    ]
    assert marked == ["system", "domain-name"]


def test_names_alone(bench):
    """recurse="false" gives the names of the entries and nothing in them."""
    talk = bench.netconf()
    wanted = '<configuration><interfaces><interface recurse="false"/></interfaces></configuration>'
    reply = talk.rpc(f"<get-configuration>{wanted}</get-configuration>")
    interfaces = [each for each in reply.iter() if str(each.tag).endswith("}interface")]
    assert len(interfaces) > 2
    assert all(len(each) == 1 for each in interfaces)


@pytest.mark.parametrize("attribute", ['count="1"', 'matching="x"'])
def test_a_filter_that_is_not_simulated_is_refused(bench, attribute):
    """Filters by number or pattern are refused, not ignored."""
    talk = bench.netconf()
    wanted = f"<configuration><interfaces><interface {attribute}/></interfaces></configuration>"
    reply = talk.rpc(f"<get-configuration>{wanted}</get-configuration>")
    assert reply.find(f"{NC}rpc-error") is not None
