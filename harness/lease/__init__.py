"""Who may touch which device: kernel file locks here, records in a directory among machines."""

from harness.lease.file_lease import FileLease, held_by, leases_in
from harness.lease.holder import Holder
from harness.lease.records import LeaseDirectory, Record, Use
from harness.lease.shared_lease import SharedLease, dirty, lost, may_pass
from harness.lease.waiting import Waiting

__all__ = [
    "FileLease",
    "Holder",
    "LeaseDirectory",
    "Record",
    "SharedLease",
    "Use",
    "Waiting",
    "dirty",
    "held_by",
    "leases_in",
    "lost",
    "may_pass",
]
