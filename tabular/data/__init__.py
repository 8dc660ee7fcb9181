"""Where benchmark data come from and where they lie: sources, downloads, imports, checks."""
