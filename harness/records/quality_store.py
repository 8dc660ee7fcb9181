"""A folder of records of quality, and all of it at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.records.form import Form
from harness.records.quality import QUALITY, Quality
from harness.records.run import FailedRun
from harness.records.store import DAMAGE, FAILED, Store, reason
from harness.records.walk import LeftOut, files
from harness.study.quality_spec import QualitySpec


class QualityStore(Store[QualitySpec, Quality]):
    """A folder of records of quality."""

    @property
    def form(self) -> Form[QualitySpec, Quality]:
        return QUALITY


@dataclass(frozen=True)
class StoredQuality:
    """All that is stored of the quality of representations."""

    done: list[Quality] = field(default_factory=list)
    failed: list[FailedRun[QualitySpec]] = field(default_factory=list)
    """Without those that were done since."""
    left_out: LeftOut = field(default_factory=LeftOut)


def load_quality(store: QualityStore) -> StoredQuality:
    """Everything stored, in path order; what cannot be read is left out and named.

    Raises `HarnessError` if the folder itself cannot be read.
    """
    left_out, failed = LeftOut(), []
    done: dict[str, tuple[Path, Quality]] = {}
    names = {name for name, _ in files(store.folder, left_out, store.form.is_ours)}
    for name in sorted(names, key=lambda name: name.split("/")):
        path = store.folder / name
        if name.removesuffix(FAILED) + ".json" in names:
            continue  # done before: the record that counts stands, whatever its repetition did
        try:
            record = store.parse(path)
        except FileNotFoundError:  # gone since it was listed
            continue
        except DAMAGE as problem:
            left_out.add(reason(problem), name)
            continue
        if isinstance(record, FailedRun):
            failed.append(record)
            continue
        other, _ = done.setdefault(record.spec.key, (path, record))
        if other != path:  # twice it would make intervals from nothing
            kept = path if path == store.path(record.spec) else other
            done[record.spec.key] = kept, record
            left_out.add(
                "copies of records that lie elsewhere too", store.name_of(other if kept is path else path)
            )
    return StoredQuality([record for _, record in done.values()], failed, left_out)
