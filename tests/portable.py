"""The tests marked `trains` under other numerics and from other seeds: `make portable`.

What a trained model does differs between processors and libraries in its last digits, and after some steps
in all of them. A test may only state what holds whatever the digits; this finds those that state more.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NUMERICS: tuple[Mapping[str, str], ...] = (
    {"ATEN_CPU_CAPABILITY": "default"},
    {"ATEN_CPU_CAPABILITY": "avx2"},
    {"MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    {"OPENBLAS_CORETYPE": "Haswell"},
    {"OPENBLAS_CORETYPE": "Zen"},
    {"OMP_NUM_THREADS": "2"},
)
SEEDS: tuple[Mapping[str, str], ...] = tuple({"TEST_SEED_SHIFT": str(shift)} for shift in (1000, 2000, 3000))
SHORT: tuple[Mapping[str, str], ...] = (
    {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "OPENBLAS_CORETYPE": "Haswell"},
    {"ATEN_CPU_CAPABILITY": "avx2", "OPENBLAS_CORETYPE": "Zen", **SEEDS[0]},
)
OTHERWISE = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
}  # a thread that waits leaves its core to others


@dataclass(frozen=True)
class Outcome:
    """What pytest said: its last line, the tests that failed, and whether it went through at all."""

    counts: str
    failed: tuple[str, ...]
    ended_well: bool


def outcome(setting: Mapping[str, str], arguments: Sequence[str]) -> Outcome:
    """Run pytest under `setting`, whatever of its kind is set outside."""
    known = {name for each in (*NUMERICS, *SEEDS) for name in each}
    environment = {name: value for name, value in os.environ.items() if name not in known}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--tb=no", "-rfE", *arguments],
        cwd=ROOT, env={**environment, **OTHERWISE, **setting}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    failed = re.findall(r"^(?:FAILED|ERROR) (.*?)(?: - .*)?$", done.stdout, re.MULTILINE)
    lines = done.stdout.splitlines() or done.stderr.splitlines()
    return Outcome(lines[-1].strip("= ") if lines else "no output", tuple(failed), done.returncode == 0)


def main(words: Sequence[str]) -> int:
    """`short` takes few settings and no slow tests; other words go to pytest. 1 if anything failed."""
    short = "short" in words
    marked = "trains and not slow and not long" if short else "trains and not long"
    arguments = ["-n", "logical", "-m", marked, *(word for word in words if word != "short")]
    failures: dict[str, int] = {}
    all_well = True
    for setting in SHORT if short else (*NUMERICS, *SEEDS):
        start = time.monotonic()
        found = outcome(setting, arguments)
        name = " ".join(f"{key}={value}" for key, value in setting.items())
        print(f"{name}: {found.counts} ({time.monotonic() - start:.0f} s)", flush=True)
        for test in found.failed:
            print(f"    {test}", flush=True)
            failures[test] = failures.get(test, 0) + 1
        all_well &= found.ended_well
    if failures or all_well:
        print(f"{len(failures)} tests failed under some setting" if failures else "no test failed")
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
