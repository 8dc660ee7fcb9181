"""From the words of a command line to run specifications."""
