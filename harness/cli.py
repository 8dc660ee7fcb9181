"""The command line: `harness COMMAND key=value ...`. Results on stdout, everything else on stderr."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from harness.commands import _streams
from tabular.errors import HarnessError, unknown

COMMANDS = ("run", "quality", "report", "show", "arch", "list", "data", "protocols")
"""Each is a module of `harness.commands` with `EXAMPLE`, `SUMMARY` and `run(words) -> exit code`."""
HEAD = (
    "Which architecture representation, with which optimizer, finds the best network for the fewest queries?"
)


def main(words: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 runs failed, 2 the request cannot work, 128 + signal stopped (Ctrl-C: 130)."""
    words = sys.argv[1:] if words is None else words
    _streams.prepare()
    if sys.stdout is None:
        _streams.say("harness: standard output is closed; send it to a file, or to /dev/null")
        return 2
    try:
        code = _carry_out(words)
        sys.stdout.flush()  # what cannot be written is noticed here, not while the interpreter ends
        return code
    except BrokenPipeError:  # the reader of stdout (head, less) has seen enough
        return 0
    except OSError as problem:
        if problem.errno is None:
            raise
        _streams.say(f"harness: {_streams.explained(problem)}")
        return 2
    finally:
        _streams.abandon()


def _carry_out(words: list[str]) -> int:
    """Exit code of a command; its errors are on stderr."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if words[0] in ("-V", "--version", "version"):
        print(_version())
        return 0
    try:
        if words[0] not in COMMANDS:
            raise unknown("command", words[0], COMMANDS)
        with _stops_interrupt():
            code: int = _module(words[0]).run(words[1:])
        return code
    except HarnessError as problem:
        _streams.say(f"harness: {problem}")
        return 2
    except KeyboardInterrupt as stop:
        _streams.say("\nharness: interrupted; stored runs are kept, the same command goes on")
        return 128 + (stop.number if isinstance(stop, Stop) else signal.SIGINT)


class Stop(KeyboardInterrupt):
    """A signal that ends the command as Ctrl-C does: everything is cleaned up on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def _stops_interrupt() -> Iterator[None]:
    """SIGTERM (kill, a scheduler) and SIGHUP (a closed terminal) raise `Stop`, unless they are ignored."""
    if threading.current_thread() is not threading.main_thread():  # where Python has no signals
        yield
        return

    def stop(number: int, _: object) -> None:
        for each in before:  # a second one must not interrupt the cleaning up
            signal.signal(each, signal.SIG_IGN)
        raise Stop(number)

    numbers = (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))  # Windows has but one
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: then for number, then in before.items() if then not in (None, signal.SIG_IGN)}  # nohup
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, then in before.items():
            signal.signal(number, then)


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
