"""Importing what others wrote: whatever their code does meanwhile becomes one sentence."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Iterator

from tabular.errors import HarnessError

NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
"""Names that a command line, a label and a folder of results can hold."""


def check_name(name: str, what: str) -> None:
    """Raises `HarnessError` for a name that no method or benchmark can go by."""
    if not NAME.fullmatch(name):
        raise HarnessError(
            f"{what}: '{name}' cannot be a name; one begins with a letter or digit and goes on with letters, "
            "digits, '_', '-' or '.'"
        )


class _Exit(BaseException):
    """`os._exit` was called."""


@contextlib.contextmanager
def guarded(what: str) -> Iterator[None]:
    """For an import of somebody's code: `HarnessError` with one sentence if it raises or exits.

    What it prints goes to stderr. No byte code is written: it is recognised by whole seconds and size, so
    that a quick edit could leave the old one in use. Code in C that ends the process ends it.
    """
    exit_now, writes_none, importer = os._exit, sys.dont_write_bytecode, threading.get_ident()
    importing = True

    def refuse(status: int) -> None:
        # other threads may exit, and so may who kept this function once the import is over
        if importing and threading.get_ident() == importer:
            raise _Exit(f"it calls os._exit({status})")
        exit_now(status)

    os._exit, sys.dont_write_bytecode = refuse, True  # type: ignore[assignment]
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (HarnessError, KeyboardInterrupt):
        raise
    except BaseException as problem:
        raise HarnessError(f"{what}{_said(problem, what)}") from problem
    finally:
        importing = False
        os._exit, sys.dont_write_bytecode = exit_now, writes_none


def _said(problem: BaseException, what: str) -> str:
    """The end of the sentence that begins with what was imported."""
    if isinstance(problem, SyntaxError) and problem.lineno and str(problem.filename) in what:
        return f", line {problem.lineno}: {problem.msg}"
    if isinstance(problem, SyntaxError) and problem.lineno:
        said = f"{problem.filename}, line {problem.lineno}: {problem.msg}"
    elif isinstance(problem, SystemExit):
        said = f"it calls sys.exit({'' if problem.code is None else repr(problem.code)})"
    else:
        said = str(problem) if isinstance(problem, _Exit) else " ".join(repr(problem).split())
    return f" cannot be imported: {said}"


_said_already: set[str] = set()


def say(sentence: str) -> None:
    """Print a sentence on stderr, once in a process."""
    if sentence not in _said_already:
        _said_already.add(sentence)
        print(f"harness: {sentence}", file=sys.stderr)
