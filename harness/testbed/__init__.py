"""The operator's lab as a checked value: model, loader, secrets, selection."""
