"""Runs that stand in one table, and their numbers."""
