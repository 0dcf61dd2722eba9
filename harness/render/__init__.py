"""A plan as Junos statements, and the statements of a read-back."""
