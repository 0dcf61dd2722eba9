"""Operational questions: one table of RPCs and commands, one source for XML and text."""
