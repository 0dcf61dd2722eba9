"""The vendor's published models: compiled to a table, read back as a model, their rules kept."""
