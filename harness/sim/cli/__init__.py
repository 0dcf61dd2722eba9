"""The command line without a terminal: shell, operational and configuration mode."""
