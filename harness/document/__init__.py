"""YAML that people write: plain data with lines, and one line for each mistake in it."""
