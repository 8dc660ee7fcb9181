"""Where a page's links lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.records.stored import StoredFailure, StoredRun

PLAIN = "/[]=;,+:@"
"""Signs of paths that mean nothing else in an address; the others are escaped."""


@dataclass(frozen=True)
class Links:
    """Addresses relative to the page."""

    run: Callable[[StoredRun | StoredFailure], str]
    """Address of a run's file."""
    figure: Callable[[Comparison, str, str], str]
    """Address of a figure's file, by its name and format. The page shows the figure itself in any case; its
    files would make it several times larger."""
    index: str = ""
    """Address of the leaderboard; empty if there is none."""
    page: Callable[[Comparison], str] = lambda _: ""
    """Address of a comparison's section of a page; empty if there is none. With `-run-K` behind it, that of
    its K-th run."""
