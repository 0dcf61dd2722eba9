"""Who may touch which device: kernel file locks that a dead process can't keep."""

from harness.lease.file_lease import FileLease, Holder, leases_in

__all__ = ["FileLease", "Holder", "leases_in"]
