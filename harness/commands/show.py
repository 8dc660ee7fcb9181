"""`harness show RUN`: one stored run with its ledger, incumbents and their cells; or a record of quality."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.records.quality import QUALITY
from harness.records.quality_store import QualityStore
from harness.records.store import REFERENCE, RunStore
from harness.study.help import print_keys, wants_help
from harness.study.options import Folder, parse
from tabular.errors import HarnessError
from tabular.quantity import ACCURACY

EXAMPLE = "harness show RUN"
SUMMARY = "one run: its ledger, what it found, its cells"
USAGE = "RUN is the start of a key (6 digits or more), <seed>-<start of a key>, or the path of a run file"
PREFIX = re.compile(r"(?:(\d+)-(?=.)|(?=.{6}))([0-9a-f]{1,64})")
KEY_IN_NAME = 8
MOST_NAMED = 12


class ShowOptions(BaseModel):
    """Keys of `harness show`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    results: Folder = Field(Path("results"), description="folder of stored runs")
    format: Literal["text", "json"] = Field("text", description="text or json")


def run(words: list[str]) -> int:
    """Print one run. No plugin is needed, and no table is opened."""
    if not words or wants_help(words):
        print_keys("show RUN", ShowOptions, USAGE)
        return 0
    name, *rest = words
    options, _ = parse(rest, ShowOptions)
    store = RunStore(options.results)
    path = find(store, name)
    print(_quality(path, options) if _is_quality(path) else _run(store, path, options))
    return 0


def _run(store: RunStore, path: Path, options: ShowOptions) -> str:
    from harness.report.run import as_json, as_text
    from harness.report.tables.text import terminal_width

    record = store.read(path)
    if options.format == "json":
        return as_json(record, path)
    reference = store.reference(record.spec)
    quantity = reference.quantity if reference else ACCURACY
    return as_text(record, path, terminal_width(), quantity)


def _quality(path: Path, options: ShowOptions) -> str:
    from harness.report.quality_record import as_json, as_text
    from harness.report.tables.text import terminal_width

    record = QualityStore(options.results).read(path)
    return as_json(record, path) if options.format == "json" else as_text(record, path, terminal_width())


def _is_quality(path: Path) -> bool:
    """What is no record at all is looked at as a run, and named."""
    try:
        return bool(json.loads(path.read_bytes()).get("kind") == QUALITY.kind)
    except (OSError, ValueError, AttributeError):
        return False


def find(store: RunStore, name: str) -> Path:
    """The file of a run. Raises `HarnessError` for what names no run, or several."""
    with contextlib.suppress(OSError):  # a name longer than the file system allows
        if Path(name).is_file():
            return Path(name)
    match = PREFIX.fullmatch(name.lower())
    if match is None:
        what = "no such file" if "/" in name or name.endswith(".json") else "it names no run"
        raise HarnessError(f"'{name}': {what}. {USAGE}")
    store.check_exists()
    files = run_files(store)
    seed, key = match.groups()
    near = [path for path in files if _fits(path, seed, key[:KEY_IN_NAME])]
    found = [path for path in near if len(key) <= KEY_IN_NAME or _key(store, path).startswith(key)]
    if not found:
        raise HarnessError(f"no stored run '{name}' in {store.folder}. {_what_exists(store, files)}")
    if len(found) > 1:
        raise HarnessError(f"'{name}' names {len(found)} runs: {_named(store, found)}")
    return found[0]


def run_files(store: RunStore) -> list[Path]:
    """All files of runs and of quality, done or failed, in order."""
    paths = sorted(store.folder.glob("*/*/*/*-*.json"))
    return [path for path in paths if path.parent.name != REFERENCE and not path.name.startswith(".")]


def _key(store: RunStore, path: Path) -> str:
    quality = QualityStore(store.folder)
    return (quality.read(path) if _is_quality(path) else store.read(path)).spec.key


def _fits(path: Path, seed: str | None, key: str) -> bool:
    own_seed, _, own_key = path.name.partition("-")
    return own_key.startswith(key) and seed in (None, own_seed)


def _what_exists(store: RunStore, files: list[Path]) -> str:
    if not files:
        return "There are none: `harness run` makes them"
    return f"There are {len(files)}, among them {_named(store, files)}"


def _named(store: RunStore, files: list[Path]) -> str:
    names = [store.name_of(path) for path in files[:MOST_NAMED]]
    return ", ".join(names) + (", …" if len(files) > MOST_NAMED else "")
