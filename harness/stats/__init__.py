"""Arrays to numbers; imports nothing of ours."""
