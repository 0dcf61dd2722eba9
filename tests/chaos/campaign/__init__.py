"""The chaos campaign: seeded runs in which something dies, and what the devices are like after."""
