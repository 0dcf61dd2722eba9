"""SD-WAN log events: structured syslog as CPEs send it, received, counted and generated."""
