"""Does the device show what was planned: expectations, facts from replies, witnesses, verdicts."""
