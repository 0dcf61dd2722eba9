"""VNFs of a JDM: names, what the configuration holds already, and the sum of memory."""

from __future__ import annotations

import pytest

from harness.errors import DeviceError, PlanError
from harness.plan.vnfs import (
    HostMemory,
    Lodgers,
    Machine,
    check_vnfs,
    lodgers_of,
    pages_of,
    plan_vnfs,
)

GIB = 1_048_576  # kB
VSRX = Machine("/var/third-party/images/vsrx.qcow2", cpus=2, memory=4 * GIB, vlan="wan")
ROOMY = Lodgers(vlans=frozenset({"wan"}), pages={1024: 17})
PLENTY = HostMemory(total=32 * GIB, used=8 * GIB)


def configured(statements: str) -> str:
    """Return a configuration as JDM sends it."""
    return f"<configuration>{statements}</configuration>"


def function(name: str, rest: str) -> str:
    """Return one VNF of a configuration."""
    return f"<virtual-network-functions><name>{name}</name>{rest}</virtual-network-functions>"


def memory(kilobytes: int, features: str = "") -> str:
    """Return the memory of a VNF."""
    return f"<memory><size>{kilobytes}</size>{features}</memory>"


PAGES = "<features><hugepages/></features>"
SMALL_PAGES = "<features><hugepages><page-size>2</page-size></hugepages></features>"


def test_names_carry_the_prefix_and_a_number() -> None:
    """Whoever reads the device's configuration sees whose they are."""
    assert [vnf.name for vnf in plan_vnfs("jdm", VSRX, 2).vnfs] == ["hil-vnf-1", "hil-vnf-2"]


def test_a_smaller_plan_is_the_beginning_of_a_larger_one() -> None:
    """The claim of one more differs by that one alone."""
    assert plan_vnfs("jdm", VSRX, 3).vnfs[:2] == plan_vnfs("jdm", VSRX, 2).vnfs


@pytest.mark.parametrize(
    ("kilobytes", "size", "pages"), [(GIB, 1024, 1), (GIB + 1, 1024, 2), (2048, 2, 1), (1, 2, 1)]
)
def test_pages_are_rounded_up(kilobytes: int, size: int, pages: int) -> None:
    """A page that is needed in part is needed."""
    assert pages_of(kilobytes, size) == pages


def test_what_the_configuration_holds_is_counted() -> None:
    """Names, VLANs of the host, interfaces on the switch, hugepages there and taken."""
    found = lodgers_of(
        configured(
            "<system><memory><hugepages><page-size><name>1024</name><page-count>8</page-count>"
            "</page-size><page-size><name>2</name><page-count>500</page-count></page-size>"
            "</hugepages></memory></system>"
            + function("gwr", memory(4 * GIB, PAGES))
            + function(
                "ids",
                memory(2 * 2048, SMALL_PAGES)
                + "<interfaces><name>eth2</name><mapping><vlan><members>wan</members></vlan>"
                "</mapping></interfaces>",
            )
            + function("plain", memory(GIB))
            + "<vmhost><vlans><vlan><name>wan</name><vlan-id>100</vlan-id></vlan></vlans></vmhost>"
        )
    )
    assert found == Lodgers(
        names=frozenset({"gwr", "ids", "plain"}),
        vlans=frozenset({"wan"}),
        vlan_interfaces=1,
        pages={1024: 8, 2: 500},
        taken={1024: 4, 2: 2},
    )


def test_a_deactivated_machine_takes_room() -> None:
    """Whoever wakes it must find its memory."""
    vnf = function("ids", memory(GIB, PAGES)).replace("functions>", 'functions inactive="x">', 1)
    assert lodgers_of(configured(vnf)).taken == {1024: 1}


def test_a_wildcard_for_a_number_counts_as_none() -> None:
    """Groups may hold patterns where the model has numbers."""
    assert lodgers_of(configured(function("<*>".replace("<", "&lt;"), memory(0)))).taken == {}


def test_what_is_no_configuration_is_refused() -> None:
    """An unreadable baseline is never an empty one."""
    with pytest.raises(DeviceError):
        lodgers_of("<rpc-error/>")


def test_enough_room_is_enough_to_the_page() -> None:
    """Two of four pages each fit into nine, of which the system keeps one."""
    check_vnfs(plan_vnfs("jdm", VSRX, 2), Lodgers(vlans=ROOMY.vlans, pages={1024: 9}), PLENTY)


REFUSED = {
    "no room": (
        Lodgers(vlans=ROOMY.vlans, pages={1024: 9}, taken={1024: 1}),
        "device jdm: 2 VNFs of 4194304 kB need 8 hugepages of 1024 MB; 9 are configured (system "
        "memory hugepages), of which the system keeps 1 and other VNFs take 1: 7 free",
    ),
    "no pages": (Lodgers(vlans=ROOMY.vlans), "0 are configured (system memory hugepages), of "),
    "no VLAN": (Lodgers(), "device jdm: its host has no VLAN wan (vlan); there: none"),
    "a full switch": (
        Lodgers(vlans=ROOMY.vlans, pages=ROOMY.pages, vlan_interfaces=24),
        "2 VNFs need as many VLAN interfaces; of 25 that there may be, 1 are free",
    ),
    "left-overs": (
        Lodgers(names=frozenset({"hil-vnf-7"}), vlans=ROOMY.vlans, pages=ROOMY.pages),
        "VNFs whose names start with 'hil-' are there already",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_has_no_room_is_refused_in_one_line(why: str) -> None:
    """The line names the device, what is needed, what is there, and who takes it."""
    lodgers, words = REFUSED[why]
    with pytest.raises(PlanError) as refused:
        check_vnfs(plan_vnfs("jdm", VSRX, 2), lodgers, PLENTY)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_pages_that_the_device_lacks_are_missed_although_they_are_configured() -> None:
    """They're allocated when the system boots; until then there are fewer."""
    with pytest.raises(PlanError, match="need 8 hugepages of 1024 MB; the device shows 3 free"):
        check_vnfs(plan_vnfs("jdm", VSRX, 2), ROOMY, HostMemory(32 * GIB, 0, {1024: 3}))


def test_ordinary_memory_is_held_against_what_is_free() -> None:
    """Without hugepages it's the sum of kilobytes."""
    machine = Machine("/x", cpus=1, memory=2 * GIB, vlan="wan", hugepages=None)
    check_vnfs(plan_vnfs("jdm", machine, 2), ROOMY, HostMemory(16 * GIB, 12 * GIB))
    with pytest.raises(PlanError, match=r"need 6291456 kB of memory; .*: 4194304 free"):
        check_vnfs(plan_vnfs("jdm", machine, 3), ROOMY, HostMemory(16 * GIB, 12 * GIB))


def test_no_vnf_is_no_plan() -> None:
    """Zero would be accepted by every device."""
    with pytest.raises(PlanError, match="at least 1"):
        plan_vnfs("jdm", VSRX, 0)
