"""Code of others: plugin files and installed packages, imported safely and known by a digest."""
