"""Change a device and put it back: baseline, journal, push under a dead-man's switch, restore."""
