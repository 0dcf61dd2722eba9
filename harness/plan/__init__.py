"""What should be built: tunnels and their addresses, as values without device syntax."""
