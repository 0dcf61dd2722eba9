"""A simulated Junos device; it shares no code with what it is used to check."""
