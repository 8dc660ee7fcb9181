"""Which publisher's file a given one is; and of one that is none, what it is and what to do about it."""

from __future__ import annotations

from pathlib import Path

from tabular.data.kinds import UNPACK, WORDS, Kind, kind_of
from tabular.data.source import Source
from tabular.errors import HarnessError

TURN_AROUND = {
    "empty": "Its download did not begin",
    "cut": "Its download broke off",
    "html": "A web page was saved in its place",
    "xml": "A server's answer was saved in its place",
    "pointer": "It only says where the file is: git lfs pull (or git annex get) in its repository fetches it",
    "no file": "Save it to a file first",
}
"""By kind what happened, where the file has to be got again."""
ONE_FILE, SUFFIXES = ("gzip", "bzip2", "xz", "zstd"), (".gz", ".bz2", ".xz", ".zst")
"""Kinds that hold one file, and how their names end."""


def choose(sources: tuple[Source, ...], name: str, path: Path) -> Source:
    """The source of that name that a file is, by its content, then by its own name.

    Raises `HarnessError` that says what the file is and what is needed. `sources` may be all there are.
    """
    kind = kind_of(path)
    mine = tuple(source for source in sources if source.name == name)
    exact = [source for source in mine if kind.name in source.kinds]
    possible = exact or [source for source in mine if source.takes(path, kind)]
    fitting = [source for source in possible if source.fits(path)]
    if fitting or len(possible) == 1:  # a renamed file, where there is nothing else it could be
        return (fitting or possible)[0]
    if not possible:
        raise _foreign(sources, mine, path, kind)
    if exact:
        made_from = f"{name} is made from {_made_from(mine)}"
        raise HarnessError(f"{path.name} is {kind.words}, but which? {made_from}: give it its name")
    what = "folder" if path.is_dir() else "file"
    raise HarnessError(f"'{path.name}' is no {what} that {name} is made from: {_made_from(mine)}")


def refuse_foreign(source: Source, path: Path) -> None:
    """Raises `HarnessError` if a file cannot be that source by its content, with what it is."""
    kind = kind_of(path)
    if not source.takes(path, kind):
        raise _foreign((source,), (source,), path, kind)


def _foreign(sources: tuple[Source, ...], mine: tuple[Source, ...], path: Path, kind: Kind) -> HarnessError:
    name = mine[0].name
    return HarnessError(
        f"{path.name} is {kind.words}; {name} is made from {_made_from(mine)}. "
        f"{_next_step(sources, mine, path, kind)}"
    )


def _made_from(mine: tuple[Source, ...]) -> str:
    """`*.parquet (a parquet table) or ...`."""
    each = []
    for source in mine:
        if source.folder and source.downloads:
            each.append(f"a folder with {' and '.join(one.file for one in source.downloads)}")
            continue
        words = " or ".join(WORDS[kind] for kind in source.kinds if kind in WORDS)
        each.append(f"{source.pattern}{'/' if source.folder else ''}{f' ({words})' if words else ''}")
    return " or ".join(dict.fromkeys(each))


def _next_step(sources: tuple[Source, ...], mine: tuple[Source, ...], path: Path, kind: Kind) -> str:
    if kind.name in TURN_AROUND:
        return f"{TURN_AROUND[kind.name]}. Get it: {_where(mine)}"
    if kind.name in UNPACK:
        return _unpacking(mine, path, kind)
    others = [source for source in sources if source not in mine and _is_known_as(source, path, kind)]
    if others:
        return f"{others[0].name} is made from such a file: harness data import {others[0].name} {path}"
    return _from_it(mine, path, kind) or f"Get it: {_where(mine)}"


def _unpacking(mine: tuple[Source, ...], path: Path, kind: Kind) -> str:
    """The command that unpacks a file, and the import of what comes out."""
    command, then = f"{UNPACK[kind.name]} {path}", str(path.with_suffix(""))
    if kind.name in ONE_FILE and path.suffix not in SUFFIXES:
        command, then = f"{UNPACK[kind.name]} -c {path} > unpacked", "unpacked"
    elif kind.name not in ONE_FILE:
        places = [place for name in kind.inside for place in (Path(name), *Path(name).parents)]
        fitting = [str(place) for place in places if any(source.fits(place) for source in mine)]
        then = (fitting or (kind.inside if len(kind.inside) == 1 else ["WHAT_IS_IN_IT"]))[0]
    return f"Unpack it ({command}), then: harness data import {mine[0].name} {then}"


def _from_it(mine: tuple[Source, ...], path: Path, kind: Kind) -> str:
    """How what is given can still be used; empty if in no way that is known."""
    command = f"harness data import {mine[0].name}"
    inside = [each for source in mine for each in sorted(path.glob(source.pattern))] if path.is_dir() else []
    if inside:
        return f"Take what is in it: {command} {inside[0]}"
    if kind.name == "record" and any(source.folder for source in mine):
        return f"Give the whole folder of records (the one called simple): {command} {path.parent}"
    if any(path.name == each.file for source in mine if source.folder for each in source.downloads):
        return f"Give the folder that it lies in: {command} {path.parent}"
    if kind.name == "csv" and any("parquet" in source.kinds for source in mine):
        written = (
            f"pandas.read_csv('{path}', dtype={{'key': str}}).to_parquet('{path.with_suffix('.parquet')}')"
        )
        return f"Write it as parquet first, keys as texts: {written}"
    return ""


def _is_known_as(source: Source, path: Path, kind: Kind) -> bool:
    return kind.name in source.kinds and not source.pattern.startswith("*") and source.fits(path)


def _where(mine: tuple[Source, ...]) -> str:
    """How to get a file, each way once; of tables that anybody may have made only where there is no other."""
    published = [source for source in mine if not source.pattern.startswith("*")] or mine
    ways = [source.how if source.downloads else f"{source.pattern} ({source.page})" for source in published]
    return "; or ".join(dict.fromkeys(ways))
