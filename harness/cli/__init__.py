"""The ``harness`` command: one verb per file, imported when it's asked for."""
