"""Sites and baselines that plans are made for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.plan.model import Site

SRX = Site(
    device="srx-a",
    platform="srx4100",
    external_interface="xe-0/0/0.0",
    external_zone="untrust",
    local=IPv4Address("192.0.2.1"),
    peers=IPv4Network("198.18.0.0/15"),
    inner=IPv4Network("100.64.0.0/10"),
)
VMX = replace(
    SRX, device="mx-a", platform="vmx", external_interface="ge-0/0/0.0", external_zone=None
)


@pytest.fixture
def srx() -> Site:
    """Give an SRX4100 with addresses for more tunnels than it can hold."""
    return SRX


@pytest.fixture
def vmx() -> Site:
    """Give a vMX, which has neither zones nor IPsec."""
    return VMX


@pytest.fixture
def baseline() -> Callable[..., str]:
    """Write the baseline of the SRX, with more XML put in where a test wants it."""

    def write(*, interfaces: str = "", security: str = "", more: str = "") -> str:
        return f"""
        <configuration xmlns:junos="http://xml.juniper.net/junos/18.4R3/junos"
                       junos:commit-seconds="1700000000">
          <version>18.4R3.3</version>
          <system><host-name>hil-lab-srx</host-name></system>
          <security>
            <zones>
              <security-zone>
                <name>untrust</name>
                <host-inbound-traffic>
                  <system-services><name>ike</name></system-services>
                </host-inbound-traffic>
                <interfaces><name>xe-0/0/0.0</name></interfaces>
              </security-zone>
            </zones>
            {security}
          </security>
          <interfaces>
            <interface>
              <name>xe-0/0/0</name>
              <unit>
                <name>0</name>
                <family><inet><address><name>192.0.2.1/24</name></address></inet></family>
              </unit>
            </interface>
            {interfaces}
          </interfaces>
          <routing-options>
            <static>
              <route><name>0.0.0.0/0</name><next-hop>192.0.2.254</next-hop></route>
            </static>
          </routing-options>
          {more}
        </configuration>"""

    return write
