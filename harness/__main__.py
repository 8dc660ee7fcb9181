"""`python -m harness`."""

import sys

# Python put the current folder first, where a file such as random.py would pass for a module of its own.
if not sys.flags.safe_path:
    del sys.path[0]  # that entry alone: a package may be installed, or PYTHONPATH lead, from the same folder

from pathlib import Path

# A checkout that is not installed is found again by its folder, last.
_here = str(Path(__file__).resolve().parents[1])
if _here not in sys.path:
    sys.path.append(_here)

from harness.cli import main  # noqa: E402

raise SystemExit(main())
