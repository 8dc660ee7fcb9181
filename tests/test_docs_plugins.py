"""Every example of docs/plugins.md, as printed."""

import re
from pathlib import Path

import pytest

from harness.cli import main

DOC = (Path(__file__).resolve().parent.parent / "docs" / "plugins.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", DOC, flags=re.M)[1:]}
CODE = re.compile(r"Save as `([\w.]+)`:\n\n```python\n(.*?)```", re.S)
LINES = re.compile(r"^    harness (.*)$", re.M)


def printed(section):
    """Files by name, and command lines."""
    text = SECTIONS[section]
    return dict(CODE.findall(text)), LINES.findall(text)


RUN = [section for section in SECTIONS if printed(section)[1]]


@pytest.mark.parametrize("section", RUN)
def test_an_example_runs_as_printed(section, tmp_path, monkeypatch, capsys):
    files, lines = printed(section)
    monkeypatch.chdir(tmp_path)
    for name, code in files.items():
        (tmp_path / name).write_text(code)
    for line in lines:
        assert main(line.split()) == 0, capsys.readouterr().err
        out = capsys.readouterr().out
        methods = re.search(r"methods=(\S+)", line)
        for method in methods[1].split(",") if methods else ():
            assert re.search(rf"^{re.escape(method)}(\[\S+\])? ", out, re.M), (line, out)


def test_there_is_an_example_for_every_role():
    code = "".join(CODE.findall(part)[0][1] for part in SECTIONS.values() if CODE.search(part))
    for role in ("(Optimizer)", "(Representation)", "Pretrainable)", "Decoder, Predictor)", "PROTOCOLS = ("):
        assert code.count(role) == 1
    assert len(RUN) == 6 and DOC.count("```python") == 5
