"""The command line: `harness COMMAND key=value ...`. Results on stdout, everything else on stderr."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

from tabular.errors import HarnessError, unknown

COMMANDS = ("run", "report", "show", "list", "data", "protocols")
"""Each is a module of `harness.commands` with `EXAMPLE`, `SUMMARY` and `run(words) -> exit code`."""
HEAD = (
    "Which architecture representation, with which optimizer, finds the best network for the fewest queries?"
)


def main(words: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 runs failed, 2 the request cannot work, 130 interrupted."""
    words = sys.argv[1:] if words is None else words
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if words[0] in ("-V", "--version", "version"):
        print(_version())
        return 0
    try:
        if words[0] not in COMMANDS:
            raise unknown("command", words[0], COMMANDS)
        code: int = _module(words[0]).run(words[1:])
        return code
    except HarnessError as problem:
        print(f"harness: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of stdout (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nharness: interrupted; stored runs are kept, the same command goes on", file=sys.stderr)
        return 130


def usage() -> str:
    """What there is, a line per command."""
    modules = [_module(name) for name in COMMANDS]
    lines = [f"  {module.EXAMPLE:<55} {module.SUMMARY}" for module in modules]
    more = {"harness COMMAND --help [KEY]": "its keys", "harness --version": "version and digest of the code"}
    lines += ["", *(f"  {line:<55} {words}" for line, words in more.items())]
    return "\n".join([HEAD, "", *lines])


def _version() -> str:
    """Of the package, and the digest that runs carry as `code`."""
    from importlib.metadata import version

    from harness.study.code import running_code

    return f"nas-harness {version('nas-harness')} (code {running_code()})"


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"harness.commands.{name}")
