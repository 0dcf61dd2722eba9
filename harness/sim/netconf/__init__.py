"""NETCONF without a socket: framing, session, and what each RPC answers."""
