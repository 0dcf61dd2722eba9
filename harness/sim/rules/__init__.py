"""What a commit is held against; one file per tunnel kind."""
