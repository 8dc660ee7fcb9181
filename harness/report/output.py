"""From stored runs to what is printed or written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harness.compare.grouping import check_points, compare
from harness.compare.view import View, refuse_unknown
from harness.report.tables import rows, run_rows
from harness.report.tables.mixed import mixed_code
from harness.report.tables.rows import USUAL, not_ranked, warnings

if TYPE_CHECKING:
    from harness.compare.quality import QualityTable
    from harness.records.derived import Stored
    from harness.report.figures.files import Drawn
    from harness.report.page.representation import Pictured
    from harness.study.options import Shared


def emit(options: Shared, stored: Stored, remarks: Mapping[str, str] | None = None) -> None:
    """Print the tables in the format asked for, or write files.

    `remarks` by benchmark stand under printed tables. They are no function of the runs: rows and files, which
    `verify` computes again, are without them, and standard error has them.
    """
    with_notes = options.format in ("text", "markdown", "latex")
    seen = views(options, stored, remarks if with_notes else None)
    for sentence in mixed_code(view.comparison for view in seen):
        print(f"harness: {sentence}", file=sys.stderr)
    if options.format in ("json", "csv"):
        comparisons = [view.comparison for view in seen]
        for sentence in [*warnings(comparisons), *not_ranked(comparisons)]:
            print(f"harness: {sentence}", file=sys.stderr)
    if remarks and not with_notes:
        for benchmark, remark in remarks.items():
            print(f"harness: {benchmark}: {remark}", file=sys.stderr)
    if options.format in ("figures", "html", "all"):
        _write(options, seen)
    else:
        print(_printed(options, seen))


def views(options: Shared, stored: Stored, remarks: Mapping[str, str] | None = None) -> list[View]:
    """Every comparison among the runs, seen as the options ask."""
    refuse_unknown(options.metric, options.statistic)
    comparisons = compare(stored)
    check_points(comparisons, options.at, options.x)
    metric, statistic = options.metric or "truth", options.statistic
    remarks = remarks or {}
    return [
        View(each, options.at, options.x, metric, statistic, remarks.get(each.benchmark, ""))
        for each in comparisons
    ]


def metrics_of(options: Shared) -> Sequence[str]:
    """Metrics that rows are for."""
    return USUAL if options.metric is None else (options.metric,)


def _printed(options: Shared, seen: Sequence[View]) -> str:
    """The tables as one text."""
    if options.format in ("json", "csv"):
        written = run_rows if options.rows == "runs" else rows
        render = written.as_json if options.format == "json" else written.as_csv
        return render(seen, metrics_of(options))
    return "\n\n".join(map(_renderer(options.format), seen))


def _renderer(form: str) -> Callable[[View], str]:
    if form == "markdown":
        from harness.report.tables.markdown import as_markdown

        return as_markdown
    if form == "latex":
        from harness.report.tables.latex import as_latex

        return as_latex
    from harness.report.tables.text import as_text, terminal_width

    return partial(as_text, width=terminal_width())


def _write(options: Shared, seen: Sequence[View]) -> None:
    """Draw the figures, write all files and the manifest, and say where they are."""
    from harness.report.figures.files import drawn
    from harness.report.folder import check_writable, manifest, say_left_over, write_files
    from harness.report.quality_folder import beside, draw, with_quality

    check_writable(options.out)
    figures = []
    for view in seen:
        print(f"drawing {view.comparison.benchmark} {view.comparison.protocol.name}", file=sys.stderr)
        figures.append(list(drawn(view)))
    measured, unread = beside(options, seen)
    if unread:
        print(f"harness: {unread}", file=sys.stderr)
    files = _files(options, seen, figures, draw(measured))
    content = with_quality(manifest(options, seen, files), measured, options.statistic)
    say_left_over(options.out, files)
    write_files(
        options.out, files, content, (".html", ".svg" if options.format == "figures" else "table.txt")
    )


def _files(
    options: Shared,
    seen: Sequence[View],
    figures: Sequence[Sequence[Drawn]],
    pictured: Sequence[Pictured],
) -> dict[str, bytes]:
    """All files of a report but its manifest."""
    from harness.report.folder import PARTS, address_of_runs, figure_files
    from harness.report.quality_folder import picture_files

    files = _texts(options, seen, figures, address_of_runs(options), pictured)
    if PARTS[options.format].figures:
        files.update(picture_files(pictured))
        for view, drawings in zip(seen, figures, strict=True):
            files.update(figure_files(view, drawings))
    return files


def rendered_files(
    options: Shared,
    seen: Sequence[View],
    measured: Sequence[QualityTable],
    written: Container[str],
    address: str,
) -> dict[str, bytes]:
    """Tables and pages as they would be written now, around the figures among the files written to `out`.

    `address` is where the links of the pages look for the runs.
    """
    from harness.report.folder import PARTS

    figures: list[list[Drawn]] = []
    pictured: list[Pictured] = []
    if PARTS[options.format].pages:
        from harness.report.page.files import kept_figures
        from harness.report.quality_folder import kept

        figures = [kept_figures(view, options.out, written) for view in seen]
        pictured = kept(measured, options.out, written)
    return _texts(options, seen, figures, address, pictured)


def _texts(
    options: Shared,
    seen: Sequence[View],
    figures: Sequence[Sequence[Drawn]],
    address: str,
    pictured: Sequence[Pictured],
) -> dict[str, bytes]:
    """Tables and pages, as far as the format has them."""
    from harness.report.folder import PARTS, tables

    files = {}
    if PARTS[options.format].tables:
        for view in seen:
            files.update(tables(view, metrics_of(options)))
    if PARTS[options.format].pages:
        from harness.report.page.files import pages

        files.update(pages(seen, figures, options.results, address, pictured, options.statistic))
    return files
