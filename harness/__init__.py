"""Qualify documented SD-WAN scale numbers on Junos devices, real, virtual or simulated."""

__version__ = "0.1.0"
