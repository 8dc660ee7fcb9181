"""LaTeX tables: they compile with booktabs, and every letter that LaTeX reads otherwise is escaped."""

import re
import shutil
import subprocess

import pytest

from harness.report.tables.latex import escape


@pytest.fixture(scope="module")
def text(command, stored):
    outcome = command("report", f"results={stored[0]}", "format=latex")
    assert outcome.code == 0
    return outcome.out


def test_the_caption_says_what_the_numbers_depend_on(text, nb201):
    caption = text.partition("\\caption{")[2].partition("\n")[0]
    for words in (
        "nb201-200ep (71646e2b)",
        nb201.digest[:12],
        "seeds 0..3 (n = 4)",
        "budget 40 queries",
        "code ",
    ):
        assert words in caption


def test_the_best_is_bold_and_what_is_not_worse_is_marked(text):
    table = text.partition("\\begin{tabular}")[2].partition("\\end{tabular}")[0]
    bold = [line for line in table.splitlines() if "\\textbf" in line]
    assert bold and sum(line.count("\\textbf") for line in bold) == 2  # one in each column
    assert "\\approx" in table


def test_rows_have_as_many_cells_as_columns(text):
    for columns, body in re.findall(r"\\begin\{tabular\}\{(l?r*)\}(.*?)\\end\{tabular\}", text, re.S):
        rows = [line for line in body.splitlines() if line.endswith("\\\\")]
        assert len(rows) >= 2
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(columns) - 1}


def test_letters_are_escaped():
    assert escape("a_b & 5 % of #1") == r"a\_b \& 5 \% of \#1"
    assert escape("91.2 ±0.1 [-0.5, 3]") == r"91.2 $\pm$0.1 [$-$0.5, 3]"
    assert escape("nb201-200ep <= >150 ≈") == r"nb201-200ep \textless{}= \textgreater{}150 $\approx$"


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_it_compiles(text, tmp_path):
    whole = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n" + text + "\\end{document}\n"
    (tmp_path / "table.tex").write_text(whole)
    line = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "table.pdf").stat().st_size > 10_000
