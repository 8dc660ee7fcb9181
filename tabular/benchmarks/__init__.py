"""Benchmarks, one file each: `DATASETS`, `DEFAULT_PROTOCOL`, `load(dataset)`, and `space(dataset)`.

`space` opens no table.
"""
