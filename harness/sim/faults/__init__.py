"""How a simulated device lies, dies, or is in somebody else's hands."""
