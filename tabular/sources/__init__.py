"""Readers of data files as their publishers ship them."""
