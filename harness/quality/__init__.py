"""What a representation is worth: measured on cells it has not seen, apart from any search."""
