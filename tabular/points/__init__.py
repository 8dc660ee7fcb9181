"""Points of architectures that were made elsewhere: one row of numbers per architecture, from a file."""
