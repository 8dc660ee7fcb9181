"""A written report: tables, figures and pages in a folder, with a manifest of where every number is from.

`report.json` holds the options, every cell of every table with its value and its method's runs, and the
digest of every other file. `verify` computes all of it again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.compare.view import View
from harness.report.tables.blocks import Block, blocks
from harness.report.tables.latex import as_latex
from harness.report.tables.markdown import as_markdown
from harness.report.tables.rows import USUAL, as_csv, as_json
from harness.report.tables.text import as_text
from harness.study.seeds import typed
from tabular.errors import HarnessError
from tabular.table_file import why_not_writable, write_atomically

if TYPE_CHECKING:
    from harness.report.figures.files import Drawn
    from harness.study.options import Shown

MANIFEST = "report.json"
FORMAT = 1
ASKED = ("methods", "bench", "seeds", "budget", "protocol", "at", "x", "metric", "statistic", "across")
"""Options that decide what a report shows."""
ENDINGS = {"txt": "text", "md": "markdown", "tex": "latex", "csv": "csv", "json": "json"}
"""Formats of tables, by the endings of their files."""
Files = dict[str, bytes]
"""Content by path relative to the report's folder."""


@dataclass(frozen=True)
class Parts:
    """What a folder is made to hold."""

    tables: bool
    figures: bool
    pages: bool


PARTS = {
    "figures": Parts(False, True, False),
    "html": Parts(False, True, True),
    "all": Parts(True, True, True),
}
"""By format."""


def as_utf8(text: str) -> bytes:
    """The content of a file. Bytes of names that are no text stand as escapes, which JSON understands."""
    return text.encode("utf-8", "backslashreplace")


def tables(view: View, metrics: Sequence[str] = USUAL) -> Files:
    """The tables of a comparison in every format."""
    texts = {
        "txt": as_text(view),
        "md": as_markdown(view),
        "tex": as_latex(view),
        "csv": as_csv([view], metrics),
        "json": as_json([view], metrics),
    }
    return {f"{view.comparison.place}/table.{ending}": as_utf8(f"{text}\n") for ending, text in texts.items()}


def figure_files(view: View, figures: Sequence[Drawn]) -> Files:
    """Figures as files of their own."""
    return {
        f"{view.comparison.place}/{figure.name}.{form}": content
        for figure in figures
        for form, content in figure.content.items()
    }


def manifest(options: Shown, views: Sequence[View], files: Files) -> dict[str, Any]:
    """What the report shows and what it is made of; plain JSON."""
    return {
        "format": FORMAT,
        "results": address_of_runs(options),
        "written": options.format,
        "asked": asked(options, ASKED),
        "comparisons": [_comparison(view) for view in views],
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }


def asked(options: Shown, names: Iterable[str]) -> dict[str, str]:
    """Of some options those that were given, as on the command line."""
    return {name: _plain(name, value) for name in names if (value := getattr(options, name, None))}


def address_of_runs(options: Shown) -> str:
    """Where the runs lie as seen from the report: relative, so that both can be moved together."""
    return Path(os.path.relpath(options.results, options.out)).as_posix()


def check_writable(folder: Path) -> None:
    """Raises `HarnessError` if a report cannot be written into a folder."""
    problem = why_not_writable(folder)
    if problem:
        raise HarnessError(f"report folder {folder} cannot be written: {problem}")


def say_left_over(folder: Path, files: Files) -> None:
    """What stays in a folder of an earlier report, on stderr."""
    left = left_over(folder, files)
    if left:
        print(
            f"harness: {folder} keeps {len(left)} files of an earlier report that are not of this one, "
            f"among them {left[0]}",
            file=sys.stderr,
        )


def write_files(folder: Path, files: Files, content: dict[str, Any], told: tuple[str, ...]) -> None:
    """Write all files and the manifest `content`, and print where those are that end as `told`."""
    for name, data in {**files, MANIFEST: as_bytes(content)}.items():
        write_atomically(folder / name, data)
    for name in sorted(files):
        if name.endswith(told):
            print(folder / name)


def left_over(out: Path, files: Files) -> list[str]:
    """Files of the report that lies in a folder now which another with these files will not overwrite."""
    try:
        before = json.loads((out / MANIFEST).read_bytes())["files"]
        return [name for name in sorted(before) if name not in files and (out / name).is_file()]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _plain(name: str, value: Any) -> str:
    """As on the command line."""
    if name == "seeds":
        return typed(value)
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _comparison(view: View) -> dict[str, Any]:
    comparison = view.comparison
    return {
        "benchmark": comparison.benchmark,
        "protocol": f"{comparison.protocol.name}@{comparison.protocol.hash}",
        "table": comparison.table_digest,
        "budget": comparison.budget,
        "runs": {each.label: [run.key[:16] for run in each.runs] for each in comparison.methods},
        "failed": [f"{each.method} seed {each.seed}" for each in comparison.failed],
        "tables": {block.name: block_facts(block) for block in blocks(view)},
    }


def block_facts(block: Block) -> dict[str, Any]:
    """A table for the manifest: every cell with its text, interval, mark and value."""
    return {
        "header": block.header,
        "rows": [
            [
                row[0].text,
                *([cell.text, cell.interval, cell.mark, _number(cell.value)] for cell in row[1:]),
            ]
            for row in block.rows
        ],
    }


def _number(value: float) -> float | str | None:
    """JSON knows neither NaN nor infinity."""
    return None if math.isnan(value) else "inf" if math.isinf(value) else value


def as_bytes(content: dict[str, Any]) -> bytes:
    """A manifest as its file holds it: a line per row of a table, so that differences can be read."""
    return as_utf8(f"{_text(content, 0)}\n")


def _text(value: Any, depth: int) -> str:
    """JSON with dictionaries and lists of lists or dictionaries spread over lines."""
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict) and value:
        parts = [f"{json.dumps(key)}: {_text(each, depth + 1)}" for key, each in value.items()]
        return f"{{{inner}{f',{inner}'.join(parts)}{outer}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"[{inner}{f',{inner}'.join(_text(each, depth + 1) for each in value)}{outer}]"
    if isinstance(value, list) and value and any(isinstance(each, list) for each in value[0]):
        return f"[{inner}{f',{inner}'.join(json.dumps(each, ensure_ascii=False) for each in value)}{outer}]"
    return json.dumps(value, ensure_ascii=False)


def differences(said: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    """One sentence for every number of a manifest that the runs do not give, and for what is missing."""
    ours, theirs = ({_name(each): each for each in one["comparisons"]} for one in (said, found))
    for name in sorted(ours.keys() ^ theirs.keys()):
        where = "report has it, the runs do not" if name in ours else "runs have it, the report does not"
        yield f"{name}: the {where}"
    for name in sorted(ours.keys() & theirs.keys()):
        one, two = ours[name], theirs[name]
        for label in sorted(one["runs"].keys() | two["runs"].keys()):
            if one["runs"].get(label) != two["runs"].get(label):
                yield f"{name}: {label} is made from other runs than the report says"
        if one.get("failed") != two.get("failed"):
            yield f"{name}: other runs failed than the report says"
        for block in sorted(one["tables"].keys() | two["tables"].keys()):
            yield from _differing_cells(name, block, one["tables"].get(block), two["tables"].get(block))


def _name(comparison: dict[str, Any]) -> str:
    table = f" table {comparison['table'][:8]}" if "table" in comparison else ""  # a ranking has several
    return f"{comparison['benchmark']} {comparison['protocol']} budget {comparison['budget']}{table}"


def _differing_cells(name: str, block: str, one: Any, two: Any) -> Iterator[str]:
    if one is None or two is None or one["header"] != two["header"]:
        yield f"{name}: table {block} has other columns than the runs give"
        return
    mine, yours = ({row[0]: row[1:] for row in table["rows"]} for table in (one, two))
    for row in dict.fromkeys([*mine, *yours]):
        if row not in mine or row not in yours:
            yield f"{name}: table {block}: row {row} is {'not in the runs' if row in mine else 'missing'}"
            continue
        for column, said, found in zip(one["header"][1:], mine[row], yours[row], strict=True):
            if said != found:
                told, true = (f"{each[0]} {each[1]}".strip() for each in (said, found))
                detail = f" ({said[3]} and {found[3]})" if told == true else ""
                yield (
                    f"{name}: table {block}, {row}, {column}: the report says {told}, the runs say "
                    f"{true}{detail}"
                )
    if list(mine) != list(yours):
        yield f"{name}: table {block} has its rows in another order"
