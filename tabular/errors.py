"""The one exception root of the project, and the sentence every unknown name gets."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HarnessError(Exception):
    """Something the user can mend. The command line prints the message alone and exits 2."""


class MissingData(HarnessError):
    """Benchmark data that are not here; the message says how to get them."""


def unknown(kind: str, given: str, available: Iterable[str]) -> HarnessError:
    """The error for a name that does not exist: what was given, the closest match, what exists."""
    names = sorted(available)
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    listing = ", ".join(names) if names else "none"
    return HarnessError(f"unknown {kind} '{given}'.{hint} Available: {listing}")
