"""Which records of quality meet in a table, and their numbers over seeds."""

import math

import numpy as np
import pytest

from harness.compare.quality import compare_quality, failed_alone
from harness.records.quality_store import StoredQuality
from harness.records.run import FailedRun
from harness.stats.summary import summarise


@pytest.fixture
def tables(quality_spec_of, quality_for):
    """Tables of records that were never stored."""

    def make(*changes, failed=()):
        done = [quality_for(quality_spec_of(**change)) for change in changes]
        return compare_quality(
            StoredQuality(done, [FailedRun(quality_spec_of(**each), "no") for each in failed])
        )

    return make


@pytest.mark.parametrize(
    "change",
    [
        {"part": "other"}, {"benchmark": "nb201:cifar100"}, {"table_digest": "e" * 64}, {"split": 9},
        {"labels": "training"}, {"sizes": {"cells": 11}},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_what_differs_in_more_than_representation_and_seed_never_meets(tables, change):
    found = tables({}, {"seed": 1}, change)
    assert sorted(len(line.records) for table in found for line in table.lines) == [1, 2]
    assert len(found) == len({table.place for table in found}) == 2


def test_parts_with_their_own_sizes_belong_together_unless_one_is_there_in_two(tables):
    small, large, other = {"sizes": {"cells": 9}}, {"sizes": {"cells": 99}}, {"part": "other", "sizes": {}}
    assert len({table.made_like for table in tables(small, other)}) == 1
    assert len({table.made_like for table in tables(small, large, other)}) == 3


def test_methods_are_lines_and_seeds_stand_in_order(tables):
    (table,) = tables({"seed": 2}, {"method": "a", "seed": 5}, {"seed": 0})
    assert [(line.label, line.seeds) for line in table.lines] == [("a", [5]), ("lab", [0, 2])]
    assert table.seeds == [0, 2, 5] and table.place == "nb201-cifar10/quality-tiny"


def test_two_configurations_under_one_label_are_told_apart(tables):
    (table,) = tables({}, {"measured": "m"})
    labels = [line.label for line in table.lines]
    assert len(set(labels)) == 2 and all(label.startswith("lab#") for label in labels)


def test_numbers_are_over_the_seeds_that_have_one(quality_spec_of, quality_for):
    values = [0.2, math.nan, 0.6]
    records = [quality_for(quality_spec_of(seed=seed), {"top": top}) for seed, top in enumerate(values)]
    (table,) = compare_quality(StoredQuality(records))
    (line,) = table.lines
    assert line.summary("top") == summarise(np.array([0.2, 0.6])) and line.summary("top").n == 2
    assert line.summary("top", "median").mean == pytest.approx(0.4)
    assert table.is_known("top") and not table.is_known("spread") and table.measures == ["top"]
    assert np.isnan(line.values("spread")).all()


def test_failures_belong_to_their_table_or_stand_alone(tables, quality_spec_of):
    (table,) = tables({}, failed=[{"seed": 1}, {"part": "other"}])
    assert [failure.spec.seed for failure in table.failed] == [1]
    alone = failed_alone(StoredQuality([], [FailedRun(quality_spec_of(part="other"), "ValueError: no")]))
    assert alone == ["nb201:cifar10: lab other seed 0 failed: ValueError: no"]
