"""The command line, the runner, the run store and the reports."""
