"""Composition: where testbed, devices or simulator, deploy, verify and record come together."""
