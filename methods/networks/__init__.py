"""Torch networks that plugins are built from."""
