"""The stored truth: runs, references, curves; and reading a whole folder fast."""
