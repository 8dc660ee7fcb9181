"""Tables as text: as wide as they need, or cut to the width of a terminal."""

import os
import pty
import random
import string
import subprocess
import sys
import termios
from collections import Counter

import pytest

from harness.report.run import OFFICIAL
from harness.report.tables.text import NARROWEST, terminal_width, text_notes, text_table

HEADER = ["truth after q queries", "25", "150"]
BODY = [
    ["random_embedding+gp_bo[variant=published]", "91.09 ±0.70 *\n[90.48, 91.42]  ", "91.35 ±0.38 *"],
    ["random search, exact", "90.47", "91.09"],
]


def words(text):
    return "".join(text.split())


def test_without_a_width_a_table_is_as_wide_as_it_needs():
    lines = text_table(HEADER, BODY).splitlines()
    assert lines[1] == "-" * max(map(len, lines)) and len(lines) == 5
    assert lines[0].startswith("truth after q queries  ") and lines[0].endswith("  150")
    assert text_table(HEADER, BODY, 500) == text_table(HEADER, BODY)


@pytest.mark.parametrize(("width", "parts"), [(40, 2), (48, 2), (60, 1), (80, 1)])
def test_no_line_is_wider_and_nothing_is_lost(width, parts):
    text = text_table(HEADER, BODY, width)
    assert max(map(len, text.splitlines())) <= width
    found = text.split("\n\n")
    assert len(found) == parts
    for part in found:  # each with all names
        assert "random_embedding+" in part and "published]" in part and "random search" in part
    for number in ("91.09 ±0.70 *", "[90.48, 91.42]", "91.35 ±0.38 *", "90.47"):
        assert text.count(number) == 1


def test_names_are_broken_after_a_sign():
    body = [["random_embedding+gp_bo", "1234567890"], ["short", "2"]]
    names = [line[:12].rstrip() for line in text_table(["", "n"], body, NARROWEST).splitlines()[2:]]
    assert names == ["random_", "embedding+", "gp_bo", "short"]


def test_any_table_fits_any_width():
    draw = random.Random(0)
    for _ in range(300):
        columns, width = draw.randint(1, 7), draw.randint(NARROWEST, 120)

        def cell(most):
            return "".join(
                draw.choice(string.ascii_lowercase + " _+[=") for _ in range(draw.randint(0, most))
            )

        rows = [[cell(90), *(cell(30) for _ in range(columns))] for _ in range(draw.randint(1, 5))]
        text = text_table(rows[0], rows[1:], width)
        assert max(map(len, text.splitlines())) <= width
        assert Counter(words("".join(map("".join, rows)))) <= Counter(words(text))


def test_notes_are_not_wider_than_a_terminal_nor_than_a_hundred():
    sentence = "word " * 60
    assert max(map(len, text_notes([sentence], 40).splitlines())) <= 40
    assert text_notes([sentence], 300) == text_notes([sentence])


def test_the_width_is_that_of_columns_if_it_is_set(monkeypatch):
    monkeypatch.setenv("COLUMNS", "77")
    assert terminal_width() == 77
    monkeypatch.setenv("COLUMNS", "3")
    assert terminal_width() == NARROWEST
    for text in ("", "0", "-5", "wide", "8²"):
        monkeypatch.setenv("COLUMNS", text)
        assert terminal_width() is None


def harness(line, columns=None, **more):
    surroundings = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    if columns:
        surroundings["COLUMNS"] = str(columns)
    line = [sys.executable, "-m", "harness", *map(str, line)]
    return subprocess.run(line, env=surroundings, check=True, **more)


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("kind", ["report", "show"])
def test_commands_fit(stored, columns, kind):
    line = ["report", f"results={stored[0]}"]
    if kind == "show":
        line = ["show", next(stored[0].glob("*/*/random/0-*.json"))]
    text = harness(line, columns, capture_output=True, text=True).stdout
    whole = harness(line, capture_output=True, text=True).stdout
    if kind == "show":  # keys, paths and official forms are to be copied
        text, whole = (each[each.index("Ledger") : each.index(OFFICIAL)] for each in (text, whole))
    assert max(map(len, text.splitlines())) <= columns < max(map(len, whole.splitlines()))


def test_a_terminal_is_asked_for_its_width(stored):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 64))
    harness(["report", f"results={stored[0]}"], stdout=theirs)
    os.close(theirs)
    text = b""
    while block := read(ours):
        text += block
    lines = text.decode().replace("\r", "").splitlines()
    assert 50 < max(map(len, lines)) <= 64
    os.close(ours)


def read(number):
    try:
        return os.read(number, 65536)
    except OSError:  # the terminal is gone
        return b""


def test_files_do_not_depend_on_the_terminal(stored, tmp_path):
    for columns in (None, 40):
        out = tmp_path / str(columns)
        line = ["report", f"results={stored[0]}", f"out={out}", "format=all"]
        harness(line, columns, capture_output=True)
    (wide,), (narrow,) = ((tmp_path / name).rglob("table.txt") for name in ("None", "40"))
    assert wide.read_bytes() == narrow.read_bytes()
