"""Imports go one way: tabular <- methods <- harness. And what must start fast imports no torch."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

FORBIDDEN = {"tabular": {"methods", "harness"}, "methods": {"harness"}, "harness": set()}


def violations(root: Path) -> list[str]:
    """`file:line: package imports other` for every import against the direction."""
    found = []
    for package, others in FORBIDDEN.items():
        for file in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    imported = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    imported = [node.module or ""]
                else:
                    continue
                for name in {each.partition(".")[0] for each in imported} & others:
                    found.append(f"{file.relative_to(root)}:{node.lineno}: {package} imports {name}")
    return found


def test_imports_go_one_way(root):
    assert all((root / package / "__init__.py").is_file() for package in FORBIDDEN)
    assert violations(root) == []


def test_the_check_names_file_and_line(tmp_path):
    (tmp_path / "tabular" / "deep").mkdir(parents=True)
    (tmp_path / "methods").mkdir()
    (tmp_path / "tabular" / "deep" / "bad.py").write_text(
        "import os\n\ndef f():\n    from harness.cli import main\n"
    )
    (tmp_path / "methods" / "bad.py").write_text("import tabular, harness.store\n")
    assert violations(tmp_path) == [
        "tabular/deep/bad.py:4: tabular imports harness",
        "methods/bad.py:1: methods imports harness",
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
    """Within 0.4 s on a quiet machine; twice that here, best of three."""
    line = [sys.executable, "-m", "harness", *words.split()]
    if words.startswith("report"):
        line.append(f"results={stored[0]}")
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run(line, capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.8
