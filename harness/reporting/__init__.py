"""The record of a run, and what is projected from it: JUnit and the terminal summary."""
