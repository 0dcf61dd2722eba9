"""A device's file system: bounded, in memory, and apart from the host's."""
