"""The named rules of every benchmark family, a file each."""
