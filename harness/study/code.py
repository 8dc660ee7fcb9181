"""Which code this is: digests of its sources, to tell what other code computed."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from tabular.outside.code import Home, digest_of, imported

ROOT = Path(__file__).resolve().parents[2]
"""Folder of the three packages."""


HERE = ("tabular", "methods")
DECIDES_RESULTS = (
    "tabular",
    "methods",
    "harness/running",
    "harness/study/method.py",
    "harness/study/study.py",
)
"""What a run's results may depend on, beside its specification and third parties."""


def running_code() -> str:
    """Digest of the code that carries out runs; stored with every run as `code` of its provenance."""
    return code_digest(*DECIDES_RESULTS)


@cache
def module_digest(module: str, file: str) -> str:
    """Digest of a module and what it imports of `tabular` and `methods`, at any remove. That of a third party
    may come by them in its other modules, and has all of both."""
    if module.partition(".")[0] not in HERE:
        return code_digest(*HERE)
    return digest_of(Path(file), imported(module, Path(file), Home(None, frozenset(HERE))))


@cache
def code_digest(*parts: str) -> str:
    """First 16 hex digits of the sha256 over Python files and all those below folders such as `tabular`, with
    their paths: any edit changes it, whoever made it and whether or not it was committed."""
    sha = hashlib.sha256()
    for part in parts:
        inside = (ROOT / part).rglob("*.py") if (ROOT / part).is_dir() else [ROOT / part]
        for path in sorted(inside):
            content = path.read_bytes()
            sha.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode() + content)
    return sha.hexdigest()[:16]
