"""Benchmarks, one file each: `DATASETS`, `DEFAULT_PROTOCOL` and `load(dataset)`."""
