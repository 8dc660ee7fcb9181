"""Search spaces, benchmark tables, protocols and the oracle. `tabular.load("nb201")` is the way in."""

from tabular.catalogue import load

__all__ = ["load"]
