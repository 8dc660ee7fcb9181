"""The README's plugin, exactly as printed, becomes a row of a table."""

import json
import re

from harness.cli import main


def test_readme_plugin_runs_as_printed(root, tmp_path, monkeypatch, capsys):
    readme = (root / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", readme, flags=re.S)
    assert len(code.splitlines()) < 50
    command = re.search(r"harness (run methods=ridge,random plugins=./ridge.py)", readme)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ridge.py").write_text(code)
    words = [*command.group(1).split(), "seeds=2", "budget=40", "format=json"]
    assert main(words) == 0
    rows = json.loads(capsys.readouterr().out)
    (row,) = [r for r in rows if (r["method"], r["metric"], r["at"]) == ("ridge", "truth", 40)]
    assert row["n"] == 2 and 0.5 < row["mean"] < 0.92


def test_readme_has_no_placeholder_left(root):
    assert not re.search(r"@[A-Z]+@", (root / "README.md").read_text())


def test_readme_names_only_what_exists(root):
    from harness.study.registry import Registry

    text = (root / "README.md").read_text()
    registry = Registry()
    for role in ("representation", "optimizer"):
        for name in registry.names(role):
            assert f"`{name}`" in text, f"the README does not mention the {role} {name}"
