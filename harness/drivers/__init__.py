"""The port to devices and its three adapters: PyEZ, ncclient, netmiko."""
