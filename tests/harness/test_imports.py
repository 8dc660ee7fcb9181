"""Imports go one way: tabular <- methods <- harness. And what must start fast imports no torch."""

import ast
import resource
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ("tabular", "methods", "harness")
"""A package imports only what stands before it."""
ROOMS = ("study", "records", "running", "stats", "compare", "quality", "report", "commands", "cli")
"""Of `harness`: a room uses only what stands before it; `stats` nothing of ours at all."""


def place_of(module: str) -> tuple[int, int]:
    """Where a module stands: its package, and its room in `harness` (the package itself stands last)."""
    package, _, rest = module.partition(".")
    if package != "harness":
        return PACKAGES.index(package), 0
    room = rest.partition(".")[0]
    return PACKAGES.index(package), ROOMS.index(room) if room in ROOMS else len(ROOMS)


def imports_of(file: Path) -> list[tuple[int, str]]:
    """Line and name of every module of ours that a file imports."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            # `from harness import cli` is an import of the module, not of the package alone
            found += [(node.lineno, f"{module}.{alias.name}" if module in PACKAGES else module)
                      for alias in node.names]  # fmt: skip
    return [(line, name) for line, name in dict.fromkeys(found) if name.partition(".")[0] in PACKAGES]


def violations(root: Path) -> list[str]:
    """`file:line: importer imports imported` for every import against the direction."""
    found = []
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            path = file.relative_to(root)
            module = ".".join(path.with_suffix("").parts)
            for line, name in imports_of(file):
                here, there = place_of(module), place_of(name)
                within_stats = module.startswith("harness.stats.") and not name.startswith("harness.stats.")
                if there > here or within_stats:
                    found.append(f"{path}:{line}: {module} imports {name}")
    return found


def test_imports_go_one_way(root):
    assert all((root / package / "__init__.py").is_file() for package in PACKAGES)
    assert violations(root) == []


def test_every_module_is_in_a_room(root):
    lonely = [
        path.name
        for path in (root / "harness").glob("*.py")
        if path.stem not in (*ROOMS, "__init__", "__main__")
    ]
    assert not lonely
    folders = [path.name for path in (root / "harness").iterdir() if (path / "__init__.py").is_file()]
    assert set(folders) <= set(ROOMS)


def test_the_check_names_file_and_line(tmp_path):
    files = {
        "tabular/deep/bad.py": "import os\n\ndef f():\n    from harness.cli import main\n",
        "methods/bad.py": "import tabular, harness.records.store\n",
        "harness/records/bad.py": "from harness.report.output import emit\nfrom harness import cli\n",
        "harness/stats/bad.py": "from harness.stats.paired import holm\nfrom tabular.errors import unknown\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert violations(tmp_path) == [
        "tabular/deep/bad.py:4: tabular.deep.bad imports harness.cli",
        "methods/bad.py:1: methods.bad imports harness.records.store",
        "harness/records/bad.py:1: harness.records.bad imports harness.report.output",
        "harness/records/bad.py:2: harness.records.bad imports harness.cli",
        "harness/stats/bad.py:2: harness.stats.bad imports tabular.errors",
    ]


LIGHT = """
import sys
from harness.cli import main
code = main(sys.argv[1:])
heavy = [name for name in ("torch", "botorch", "gpytorch", "matplotlib", "pandas") if name in sys.modules]
sys.exit(f"exit code {code}, imported {heavy}" if code or heavy else 0)
"""


@pytest.fixture(params=["--help", "list", "report format=json", "report", "run --help", "show"])
def light_words(request, stored):
    words = request.param.split()
    if words[0] == "show":
        return [*words, str(next(stored[0].glob("*/*/random/*.json")))]
    return [*words, f"results={stored[0]}"] if words[0] == "report" else words


def test_light_commands_import_nothing_heavy(light_words):
    line = [sys.executable, "-c", LIGHT, *light_words]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout and not done.stderr


@pytest.mark.parametrize("words", ["--help", "list", "report format=json"])
def test_light_commands_start_fast(words, stored):
    """Within 0.4 s of a processor; twice that here, best of three."""
    line = [sys.executable, "-m", "harness", *words.split()]
    if words.startswith("report"):
        line.append(f"results={stored[0]}")
    seconds = []
    for _ in range(3):
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(line, capture_output=True, check=True)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime)
    assert min(seconds) < 0.8
