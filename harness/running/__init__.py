"""From run specifications to runs."""
