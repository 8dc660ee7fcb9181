"""Every command line of the page on embeddings, on a small file; names of columns as the page has them."""

import re
import shlex

import pytest

import tabular
from harness.cli import main
from methods.systems import SYSTEMS

SPACE = tabular.load("nb201").space


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "embeddings.md").read_text()


@pytest.fixture(scope="module")
def commands(page):
    return [shlex.split(line)[1:] for line in re.findall(r"^    (harness .+)$", page, re.MULTILINE)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files as the page has them, of every 40th cell."""
    monkeypatch.chdir(tmp_path)
    cells = SPACE.all()[::40]
    keys, flops = SPACE.to_strings(cells), SPACE.complexity(cells)
    naming = {"emb.csv": ("key", "name"), "proxies.csv": ("key",)}
    for file, names in naming.items():
        head = ",".join([*names, "a", "b", "jacov", "nwot"])
        rows = [
            ",".join([*[key] * len(names), f"{row % 7}", f"{cost:.3f}", f"{cost % 3}", f"{row}"])
            for row, (key, cost) in enumerate(zip(keys, flops, strict=True))
        ]
        (tmp_path / file).write_text("\n".join([head, *rows]))
    return tmp_path


def test_every_command_works(commands, folder, capsys):
    assert len(commands) >= 7
    for command, *words in commands:
        given = {word.partition("=")[0] for word in words}
        small = ["seeds=1", "workers=1", *(["budget=11"] if command == "run" else ["sizes.cells=60"])]
        kept = [word for word in words if not word.startswith("seeds=")]
        assert main([command, *kept, *small]) == 0, (words, capsys.readouterr().err)
        assert "bench" in given
    assert "table:emb" in capsys.readouterr().out


def test_every_twin_is_on_the_page(page):
    assert all(f"`{name}`" in page for name in SYSTEMS if name.endswith("-untrained"))
