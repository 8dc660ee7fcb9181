import math

from harness.compare.quality import compare_quality
from harness.records.quality_store import StoredQuality
from harness.report.tables.quality_blocks import quality_blocks


def test_many_measures_are_tables_of_about_the_same_width(quality_spec_of, quality_for):
    numbers = {f"m{place:02d}": place + 0.5 for place in range(13)}
    (table,) = compare_quality(StoredQuality([quality_for(quality_spec_of(part="gone"), numbers)]))
    blocks = quality_blocks(table, "mean")
    assert [len(block.header) - 2 for block in blocks] == [5, 5, 3]
    assert [name for block in blocks for name in block.header[2:]] == list(numbers)
    assert [block.name for block in blocks] == ["gone-1", "gone-2", "gone-3"]
    assert blocks[2].rows[0][-1].text == "12.50" and blocks[2].rows[0][-1].values == (12.5,)


def test_a_part_without_measures_tells_how_many_rows_it_has(quality_spec_of, quality_for):
    records = [
        quality_for(quality_spec_of(seed=seed), {"none": math.nan}, {"cells": {"x": [1.0] * rows}})
        for seed, rows in enumerate((3, 4))
    ]
    (block,) = quality_blocks(*compare_quality(StoredQuality(records)), "mean")
    assert block.header == ["", "n", "rows of cells"]
    assert [cell.text for cell in block.rows[0]] == ["lab", "2", "3.500"]
