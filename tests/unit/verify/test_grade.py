"""The grade: never higher than what the device shows and the testbed says."""

from __future__ import annotations

import pytest

from harness.drivers.protocol import Facts
from harness.outcome import Grade
from harness.testbed.model import Device
from harness.verify.grade import SIMULATED_CAPABILITY, Chassis, grade


def facts(model, serial="DA1234", capabilities=(), hostname="box"):
    return Facts(hostname, model, "18.4R3.3", serial, capabilities)


JDM = facts("nfx250_s2_10_t", hostname="jdm")
SIM = facts("nfx250_s2_10_t", serial="SIM1", hostname="jdm")


@pytest.mark.parametrize(
    ("declared", "shown", "chassis", "expected"),
    [
        (Device("a", "srx4100"), facts("SRX4100"), None, Grade.HARDWARE),
        (Device("a", "srx4200"), facts("srx4200"), None, Grade.HARDWARE),
        (Device("a", "nfx250"), facts("NFX250_S2_10_T"), None, Grade.HARDWARE),
        (Device("a", "vsrx"), facts("vSRX3.0"), None, Grade.VIRTUAL),
        (Device("a", "vsrx", emulates="srx4100"), facts("vSRX"), None, Grade.VIRTUAL),
        (Device("a", "vmx"), facts("vmx"), None, Grade.VIRTUAL),
        # the device says simulated, the testbed doesn't
        (Device("a", "srx4100"), facts("srx4100", serial="SIM1"), None, Grade.SIMULATED),
        (
            Device("a", "srx4100"),
            facts("srx4100", capabilities=("x", SIMULATED_CAPABILITY)),
            None,
            Grade.SIMULATED,
        ),
        # the testbed says simulated, the device doesn't
        (Device("a", "srx4100", simulated=True), facts("srx4100"), None, Grade.SIMULATED),
        # simulated, but another box than the testbed says: its numbers speak for neither
        (Device("a", "srx4100", simulated=True), facts("srx4200", "SIM1"), None, Grade.UNVERIFIED),
        (Device("a", "srx4100"), facts("vSRX", "SIM1"), None, Grade.UNVERIFIED),
        (Device("a", "nfx250"), facts("srx4100", "SIM1"), None, Grade.UNVERIFIED),
        (Device("a", "nfx250", simulated=True), facts("vSRX"), None, Grade.SIMULATED),
        (Device("a", "srx4100", simulated=True), facts("mx480"), None, Grade.SIMULATED),
        # a stand-in in the place of a box, a box of another kind, nothing known
        (Device("a", "srx4100"), facts("vSRX"), None, Grade.UNVERIFIED),
        (Device("a", "srx4100"), facts("srx4200"), None, Grade.UNVERIFIED),
        (Device("a", "vsrx"), facts("srx4100"), None, Grade.UNVERIFIED),
        (Device("a", "srx4100"), facts("mx480"), None, Grade.UNVERIFIED),
        (Device("a", "srx4100"), facts(""), None, Grade.UNVERIFIED),
        # the gateway of an NFX250 is a vSRX
        (Device("a", "nfx250"), facts("vSRX"), None, Grade.UNVERIFIED),
        (Device("a", "nfx250"), facts("vSRX"), Chassis(JDM, frozenset({"box"})), Grade.HARDWARE),
        (Device("box2", "nfx250"), facts("vSRX"), Chassis(JDM, frozenset({"box2"})),
         Grade.HARDWARE),
        (Device("a", "nfx250"), facts("vSRX"), Chassis(JDM, frozenset({"other"})),
         Grade.UNVERIFIED),
        (Device("a", "nfx250"), facts("vSRX"), Chassis(JDM, frozenset()), Grade.UNVERIFIED),
        (Device("a", "nfx250"), facts("vSRX"), Chassis(SIM, frozenset({"box"})), Grade.SIMULATED),
        (Device("a", "nfx250"), facts("vSRX"), Chassis(facts("vmx"), frozenset({"box"})),
         Grade.UNVERIFIED),
    ],
)  # fmt: skip
def test_grades(declared, shown, chassis, expected):
    """Each side can lower the grade, neither can raise it; the reason is a sentence."""
    found = grade(declared, shown, chassis)
    assert found.grade is expected
    assert found.reason
