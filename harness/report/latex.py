"""Tables for papers: LaTeX with booktabs."""

from __future__ import annotations

import re

from harness.report.blocks import Block, Cell, blocks
from harness.report.notes import caption, notes
from harness.report.view import View

SIGNS = {"best": "bold", "tied": "≈"}
SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$",
    "<": r"\textless{}", ">": r"\textgreater{}", "≈": r"$\approx$", "Φ": r"$\Phi$", "|": r"\textbar{}",
    "*": r"*", "“": "``", "”": "''", "–": "--", "−": r"$-$", "×": r"$\times$",
}  # fmt: skip


def as_latex(view: View) -> str:
    """One comparison as `table` environments; the notes stand above them as comments."""
    lines = ["% needs \\usepackage{booktabs}"]
    lines += [f"% {note}" for note in notes(view, SIGNS)]
    shown = blocks(view)
    parts = [_table(view, block, caption(view, block.title) if i == 0 else block.title) for i, block in
             enumerate(shown)]  # fmt: skip
    return "\n".join([*lines, "", "\n\n".join(parts)])


def _table(view: View, block: Block, words: str) -> str:
    columns = "l" + "r" * (len(block.header) - 1)
    rows = [line for row in block.rows for line in _rows(row)]
    return "\n".join(
        [
            r"\begin{table}[t]",
            r"\centering",
            rf"\caption{{{escape(words)}}}",
            rf"\label{{tab:{_label(view, block)}}}",
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


def _label(view: View, block: Block) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{view.comparison.benchmark}-{view.metric}-{block.name}".lower())


def escape(text: str) -> str:
    """Text as LaTeX prints it."""
    minus = re.sub(r"(?<![\w.])-(?=[\d.])", "−", text)
    return "".join(SPECIAL.get(letter, letter) for letter in minus)
