"""The command line: `harness run|report|list key=value ...`. Results on stdout, everything else on stderr."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from tabular.errors import HarnessError, unknown

if TYPE_CHECKING:
    from pathlib import Path

    from harness.options import ReportOptions
    from harness.store import RunStore

USAGE = """\
Which architecture representation, with which optimizer, finds the best network for the fewest queries?

  harness run methods=ngae,arch2vec bench=nb201 seeds=10    run what is not stored yet, print the table
  harness report                                            the same table from stored runs alone
  harness show RUN                                          one run: its ledger, what it found, its cells
  harness list                                              methods, benchmarks, protocols
  harness data list                                         benchmark files: what is here, what is missing
  harness protocols list                                    the rules numbers stand on, and what they leak

  harness run --help, harness report --help                 their keys
"""


def main(words: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 runs failed, 2 the request cannot work, 130 interrupted."""
    words = sys.argv[1:] if words is None else words
    if not words or words[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return 0
    try:
        command = COMMANDS.get(words[0])
        if command is None:
            raise unknown("command", words[0], COMMANDS)
        return command(words[1:])
    except HarnessError as problem:
        print(f"harness: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of stdout (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nharness: interrupted; stored runs are kept, the same command goes on", file=sys.stderr)
        return 130


def run(words: list[str]) -> int:
    """Carry out the missing runs of a study, then print its table."""
    from harness.options import RunOptions, parse, print_keys

    if _wants_help(words):
        print_keys("run", RunOptions, "plugin.field=value sets a hyper-parameter")
        return 0
    options, overrides = parse(words, RunOptions, overrides=True)
    from harness.study_run import carry_out

    remarks: dict[str, str] = {}
    if options.until:
        from harness.decided_run import carry_out_decided

        stored, failures, remarks = carry_out_decided(options, overrides)
    else:
        stored, failures = carry_out(options, overrides)
    if stored.done or options.format in ("json", "csv"):
        from harness.report.output import emit

        emit(options, stored, remarks)
    for failure in failures:
        print(f"harness: {failure}", file=sys.stderr)
    return 1 if failures else 0


def report(words: list[str]) -> int:
    """Print tables from stored runs; nothing is run and no benchmark table is opened."""
    from harness.options import ReportOptions, parse, print_keys
    from harness.store import RunStore

    if words[:1] == ["verify"]:
        from harness.report.verify import verify

        return verify(words[1:])
    if _wants_help(words):
        print_keys("report", ReportOptions, "harness report verify: compute a written report again")
        return 0
    options, _ = parse(words, ReportOptions)
    if options.plugins:
        from harness.registry import Registry

        Registry(options.plugins)  # refuse unreadable files here too, though stored runs need none
    store = RunStore(options.results)
    store.check_exists()
    if options.format in ("figures", "html", "all"):
        _report(options, store)
    else:
        from harness.report.printed import printed

        printed(options, lambda: _report(options, store))
    return 0


def _report(options: ReportOptions, store: RunStore) -> None:
    """Print or write the report of a folder that exists."""
    from harness.report.grouping import without_table
    from harness.report.select import select

    gc.disable()  # thousands of small records, all of which live to the end
    try:
        stored = select(store, options)
        for sentence in without_table(stored):
            print(f"harness: {sentence}", file=sys.stderr)
        if options.across:
            from harness.report.leaderboard import emit as emit_ranking

            emit_ranking(options, stored)
        else:
            from harness.report.output import emit

            emit(options, stored)
    finally:
        gc.enable()


def list_names(words: list[str]) -> int:
    """Print what exists, without importing any plugin."""
    from harness.listing import listing
    from harness.registry import Registry

    plugins: tuple[Path, ...] = ()
    if words:  # without words nothing is parsed, which saves the import of pydantic
        from harness.options import ListOptions, parse, print_keys

        if _wants_help(words):
            print_keys("list", ListOptions)
            return 0
        plugins = parse(words, ListOptions)[0].plugins
    print(listing(Registry(plugins)))
    return 0


def data(words: list[str]) -> int:
    """Fetch, import, list and examine benchmark files."""
    from harness.data_command import data as carry_out

    return carry_out(words)


def show_protocols(words: list[str]) -> int:
    """List protocols, spell one out, or measure what they do to a ranking."""
    from harness.protocol_command import show_protocols as carry_out

    return carry_out(words)


def show_run(words: list[str]) -> int:
    """Print one stored run: what it was, its ledger, its incumbents and their cells."""
    from harness.show_command import show as carry_out

    return carry_out(words)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "report": report,
    "show": show_run,
    "list": list_names,
    "data": data,
    "protocols": show_protocols,
}


def _wants_help(words: list[str]) -> bool:
    return any(word in ("-h", "--help", "help") for word in words)
