"""Which stored records of quality a report is about."""

from __future__ import annotations

from harness.compare.select import benchmarks_asked, is_one_of, refuse_methods
from harness.records.quality import Quality
from harness.records.quality_store import QualityStore, StoredQuality, load_quality
from harness.records.run import FailedRun
from harness.study.options import ReportOptions
from harness.study.quality_spec import QualitySpec
from harness.study.seeds import typed
from tabular.errors import HarnessError, unknown


def select_quality(store: QualityStore, options: ReportOptions) -> StoredQuality:
    """What all given keys let through; `HarnessError` names a key that lets nothing through."""
    stored = load_quality(store)
    if not stored.done:
        said = [f"{len(stored.failed)} failed"] if stored.failed else []
        said += [left_out] if (left_out := stored.left_out.sentence(store.folder)) else []
        more = f" ({'; '.join(said)})" if said else ""
        raise HarnessError(
            f"nothing stored of quality in {store.folder}{more}: `harness quality` measures it"
        )
    specs = [record.spec for record in stored.done] + [failure.spec for failure in stored.failed]
    benchmarks = _benchmarks(specs, options)
    _refuse_unknown(specs, options)

    def passes(record: Quality | FailedRun[QualitySpec]) -> bool:
        spec = record.spec
        return (
            (not benchmarks or spec.benchmark in benchmarks)
            and (not options.parts or spec.part in options.parts)
            and (options.seeds is None or spec.seed in options.seeds)
            and (not options.methods or is_one_of(spec.method, options.methods))
        )

    done = list(filter(passes, stored.done))
    if not done:
        raise HarnessError("nothing stored of quality that all these keys let through together")
    return StoredQuality(done, list(filter(passes, stored.failed)), stored.left_out)


def _benchmarks(specs: list[QualitySpec], options: ReportOptions) -> set[str]:
    """Full names that `bench=` stands for; `HarnessError` if none of them is stored."""
    stored = {spec.benchmark for spec in specs}
    wanted = benchmarks_asked(options, stored)
    if wanted and not wanted & stored:
        raise HarnessError(
            f"nothing stored of quality on {', '.join(sorted(wanted))}. Stored: {', '.join(sorted(stored))}"
        )
    return wanted


def _refuse_unknown(specs: list[QualitySpec], options: ReportOptions) -> None:
    parts = {spec.part for spec in specs}
    for part in options.parts or ():
        if part not in parts:
            raise unknown("stored part", part, parts)
    refuse_methods(options, {spec.method for spec in specs})
    if options.seeds is not None and not {spec.seed for spec in specs} & set(options.seeds):
        raise HarnessError(f"nothing stored of quality with seeds {typed(options.seeds)}")
