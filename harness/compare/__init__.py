"""Compares the simulated device with another one: the same questions to both, shapes held apart."""
