"""The configuration as a value: its tree, its model, and the forms it is read and written in."""
