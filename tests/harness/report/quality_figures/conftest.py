"""Tables of quality with columns made by hand."""

import pytest

from harness.compare.quality import compare_quality
from harness.records.quality_store import StoredQuality
from harness.report.figures.style import styled
from harness.report.quality_figures.files import FIGURES


@pytest.fixture
def table_of(quality_spec_of, quality_for):
    """A table of a part: by method a list of (numbers, columns), one per seed."""

    def make(part, lines, **changes):
        records = [
            quality_for(
                quality_spec_of(method, seed, part=part, **changes), numbers or {"nothing": 0.0}, columns
            )
            for method, seeds in lines.items()
            for seed, (numbers, columns) in enumerate(seeds)
        ]
        (table,) = compare_quality(StoredQuality(records))
        return table

    return make


@pytest.fixture
def drawing(table_of):
    """The figure of that name of such a table."""

    def draw(name, lines, **changes):
        with styled():
            return FIGURES[name].draw(table_of(FIGURES[name].part, lines, **changes))

    return draw
