"""Benchmarks, one file each: `DATASETS`, and `load(dataset)`."""
