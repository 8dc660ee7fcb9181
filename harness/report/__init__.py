"""Reports: pure functions of stored runs."""
