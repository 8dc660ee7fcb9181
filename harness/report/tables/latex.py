"""Tables for papers: LaTeX with booktabs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.compare.view import View
from harness.report.tables.blocks import Block, Cell, blocks
from harness.report.tables.mixed import mixed_code
from harness.report.tables.notes import caption, notes

SIGNS = {"best": "bold", "tied": "≈"}
SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$",
    "<": r"\textless{}", ">": r"\textgreater{}", "≈": r"$\approx$", "Φ": r"$\Phi$", "|": r"\textbar{}",
    "*": r"*", "†": r"$\dagger$", "“": "``", "”": "''", "–": "--", "−": r"$-$", "×": r"$\times$",
}  # fmt: skip


def as_latex(view: View) -> str:
    """One comparison as `table` environments; the notes stand above them as comments."""
    where = f"{view.comparison.place}-{view.metric}"
    first, *others = blocks(view)
    parts = [latex_block(first, caption(view, first.title), where)]
    parts += [latex_block(block, block.title, where) for block in others]
    above = latex_notes([*mixed_code([view.comparison]), *notes(view, SIGNS)])
    return "\n\n".join([above, *parts])


def latex_notes(sentences: Sequence[str]) -> str:
    """What is needed, and sentences, as comments."""
    return "\n".join(["% needs \\usepackage{booktabs}", *(f"% {each}" for each in sentences)])


def latex_block(block: Block, words: str, where: str) -> str:
    """A `table` environment with `words` as caption; `where` makes its label unique."""
    columns = "l" + "r" * (len(block.header) - 1)
    rows = [line for row in block.rows for line in _rows(row)]
    return "\n".join(
        [
            r"\begin{table}[t]",
            r"\centering",
            rf"\caption{{{escape(words)}}}",
            rf"\label{{tab:{_label(where, block)}}}",
            r"\small\setlength{\tabcolsep}{4pt}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(escape(each) for each in block.header) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _rows(row: list[Cell]) -> list[str]:
    """A row, and a smaller one for its intervals."""
    first = [escape(row[0].text), *(_number(cell) for cell in row[1:])]
    lines = [" & ".join(first) + r" \\"]
    if any(cell.interval for cell in row):
        small = [rf"{{\scriptsize {escape(cell.interval)}}}" if cell.interval else "" for cell in row]
        lines.append(" & ".join(small) + r" \\")
    return lines


def _number(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.mark == "best":
        return rf"\textbf{{{text}}}"
    return rf"{text}\rlap{{$^{{\approx}}$}}" if cell.mark == "tied" else text


def _label(where: str, block: Block) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{where}-{block.name}".lower())


def escape(text: str) -> str:
    """Text as LaTeX prints it."""
    minus = re.sub(r"(?<![\w.])-(?=[\d.])", "−", text)
    return "".join(SPECIAL.get(letter, letter) for letter in minus)
