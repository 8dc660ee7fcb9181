"""`python -m harness`."""

import os
import sys
from pathlib import Path

# Python put the current folder first, where a file such as random.py would pass for a module of its own.
# A checkout that is not installed is found again by its folder, last.
_here = str(Path(__file__).resolve().parents[1])
sys.path[:] = [path for path in sys.path if path not in ("", os.getcwd())]
if _here not in sys.path:
    sys.path.append(_here)

from harness.cli import main  # noqa: E402

raise SystemExit(main())
