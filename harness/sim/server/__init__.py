"""Simulated devices behind real SSH, each on a loopback port of its own.

NETCONF, an interactive shell and single commands share a device's port. Protocol and configuration
live elsewhere without a socket; this package alone knows asyncssh and real time.
"""

from harness.sim.server.serving import Address, DeviceHandle, SimulatorServer

__all__ = ["Address", "DeviceHandle", "SimulatorServer"]
