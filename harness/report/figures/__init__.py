"""Figures for papers and pages. Each module draws one from a view; matplotlib begins here."""
