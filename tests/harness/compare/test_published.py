"""Published numbers of representations: whole, sourced, and beside the measure they correspond to."""

import math

import pytest

from harness.compare.published import published, published_of
from harness.compare.quality import compare_quality
from harness.quality.parts import PARTS
from harness.records.quality_store import StoredQuality
from harness.report.tables.label_blocks import OF_PAPERS
from harness.report.tables.markdown import markdown_block
from harness.report.tables.quality_blocks import quality_blocks
from harness.report.tables.quality_notes import own_notes
from harness.report.tables.quality_rows import mean_rows
from harness.study.spec import PluginSpec
from tabular.catalogue import resolve


def test_every_number_has_a_source_and_is_of_a_measure_that_is_shown():
    assert sum(each.part != "prediction" for each in published()) == 42
    for each in published():
        assert each.source and each.definition and 0 < each.value <= 1
        (measure,) = (one for one in PARTS[each.part].measures if one.name == each.measure)
        if each.part == "prediction":
            assert int(measure.name.rpartition("_")[2]) in OF_PAPERS and measure.unit == ""
        else:
            assert measure.shown and measure.unit == "%"
        assert resolve(each.benchmark)


def test_what_could_not_be_read_in_its_source_is_not_there():
    generated = [each for each in published() if each.part != "prediction"]
    assert {each.representation for each in generated} == {"arch2vec", "gae", "vgae", "ngae"}


def test_taus_of_papers_stand_beside_any_representation(table):
    found = table("one_hot", {"tau_gp_172": 0.6}, part="prediction", benchmark="nb101:run0")
    rows = published_of(found)
    assert rows["published: PINAT"]["tau_gp_172"].value == pytest.approx(0.715)
    assert rows["published: arch2vec"]["tau_gp_424"].value == pytest.approx(0.547)
    assert "tau_gp_156" not in rows["published: PINAT"]  # of another space


@pytest.fixture
def table(quality_spec_of, quality_for):
    def make(name, numbers, **changes):
        spec = quality_spec_of(f"{name}-x", representation=PluginSpec(name, "1", {}), **changes)
        (found,) = compare_quality(StoredQuality([quality_for(spec, numbers)]))
        return found

    return make


def test_numbers_stand_in_rows_of_their_own_under_the_measured_ones(table):
    measured = {"valid_authors_rescaled": 0.7, "unique_authors_rescaled": 0.9, "valid_normal": 0.1}
    found = table("arch2vec", measured, part="generation", benchmark="nb201:cifar100")
    (block,) = quality_blocks(found, "mean")
    assert [cell.text for cell in block.rows[-1]] == ["published: arch2vec", "", "-", "79.41", "98.72"]
    assert len(block.rows) == 2 and block.reference == {"published: arch2vec"}
    assert "79.41" in markdown_block(block)
    (sentence,) = (each for each in own_notes(found) if "valid (authors)" in each and "Table 1" in each)
    assert sentence.endswith("authors' rule; 10,000 normal draws with the moments of the encodings.")
    assert {row["method"] for row in mean_rows([found], "mean")} == {"arch2vec-x"}


def test_numbers_of_a_paper_with_labels_stand_beside_numbers_with_labels_alone(table):
    where = {"part": "predictor", "benchmark": "enas-pool"}
    assert published_of(table("ngae", {"rmse_test": 0.01}, labels="none", **where)) == {}
    found = published_of(table("ngae", {"rmse_test": 0.01}, labels="training", **where))
    assert {name: numbers["rmse_test"].value for name, numbers in found.items()} == {
        "published: ngae, 100 epochs": pytest.approx(0.003709),
        "published: ngae, 200 epochs": pytest.approx(0.002617),
        "published: ngae, 300 epochs": pytest.approx(0.00219),
    }


@pytest.mark.parametrize(
    ("name", "benchmark"), [("dvae", "enas-pool"), ("one_hot", "nb201:cifar10"), ("arch2vec", "nb301")]
)
def test_other_representations_and_spaces_have_none(table, name, benchmark):
    found = table(name, {"valid_authors_rescaled": 0.5}, part="generation", benchmark=benchmark)
    assert published_of(found) == {} and not math.isnan(quality_blocks(found, "mean")[0].rows[0][-1].value)
