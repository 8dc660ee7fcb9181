"""Benchmarks, one file each; `tabular.family` says what a file states."""
