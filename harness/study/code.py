"""Which code this is: digests of its sources, to tell what other code computed."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""Folder of the three packages."""


@cache
def code_digest(*packages: str) -> str:
    """First 16 hex digits of the sha256 over all Python files below folders such as `tabular`, with their
    paths: any edit changes it, whoever made it and whether or not it was committed."""
    sha = hashlib.sha256()
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            content = path.read_bytes()
            sha.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode() + content)
    return sha.hexdigest()[:16]
