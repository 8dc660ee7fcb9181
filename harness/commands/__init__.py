"""One file, one sub-command: its summary, its options, what it does."""
