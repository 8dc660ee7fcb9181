"""What was measured of representations, on a page: the sentence, the table, the pictures."""

import math

import pytest

from harness.compare.quality import compare_quality
from harness.records.quality_store import StoredQuality
from harness.report.figures.files import Drawn
from harness.report.page.page import quality_page
from harness.report.page.quality_finding import quality_finding
from harness.report.page.representation import representations

PARTS = {"autoencoding": ("exact_test_greedy_mean",), "geometry": ("walk_in_order", "moran")}
SVG = b'<svg viewBox="0 0 9 9"><path id="a" style="fill: #0072b2" d="M0 0"/></svg>'


@pytest.fixture
def tables_of(quality_spec_of, quality_for):
    """Tables by method: numbers of the parts per seed."""

    def make(lines, parts=PARTS, **changes):
        records = [
            quality_for(
                quality_spec_of(method, seed, part=part, **changes),
                {name: numbers.get(name, math.nan) for name in names},
            )
            for method, seeds in lines.items()
            for seed, numbers in enumerate(seeds)
            for part, names in parts.items()
        ]
        return compare_quality(StoredQuality(records))

    return make


def measured(exact, order, n=3):
    return [{"exact_test_greedy_mean": exact, "walk_in_order": order + seed / 1000} for seed in range(n)]


def test_few_seeds_name_the_best_and_tell_nothing_apart(tables_of):
    found = quality_finding(tables_of({"ngae": measured(0.99, 0.7), "arch2vec": measured(0.97, 0.8)}))
    assert found == (
        "Best at giving back unseen cells exactly: ngae, 99.00 % [99.00, 99.00]; keeping mutations in order: "
        "arch2vec, 80.10 % [80.00, 80.20]. With 3 seeds no difference is told apart."
    )


def test_predictions_are_said_beside_what_needs_no_label_and_shown_by_labels_first(tables_of):
    one = {"tau_gp_100": 0.61, "tau_gp_10": 0.3, "tau_flops": 0.54, "tau_training": 0.91}
    tables = tables_of({"wl": [one] * 2, "one_hot": [{**one, "tau_gp_100": 0.55}] * 2}, {"prediction": one})
    assert quality_finding(tables).startswith(
        "Best at ranking unseen cells after 100 labels (Kendall's tau): wl, 0.610 [0.610, 0.610] "
        "(FLOPs alone 0.540; another training 0.910)."
    )
    (section,) = representations([(table, []) for table in tables], "mean")
    (first,) = section.main
    assert [row[0].text for row in first.rows] == ["wl", "one_hot", "FLOPs alone", "another training"]
    assert first.name not in {table.name for table in section.more}


def test_many_seeds_name_what_is_not_told_apart(tables_of):
    unsure = [
        {"exact_test_greedy_mean": 0.98 + (-1) ** seed * 0.02, "walk_in_order": 0.2} for seed in range(8)
    ]
    lines = {"ngae": measured(0.99, 0.7, n=8), "dvae": unsure, "nao": measured(0.9, 0.6, n=8)}
    found = quality_finding(tables_of(lines))
    assert "exactly: ngae, 99.00 % [99.00, 99.00], not told apart from dvae; keeping" in found
    assert found.endswith("in order: ngae, 70.35 % [70.15, 70.55].")


def test_equals_are_all_best_and_a_collapsed_decoder_is_named(tables_of):
    lines = {"ngae": measured(1.0, 0.7), "dvae": measured(1.0, 0.6), "vgae": measured(0.123, 0.5)}
    found = quality_finding(tables_of(lines))
    assert "exactly: dvae and ngae, 100.00 %" in found
    assert found.endswith("Less than 50 % of unseen cells come back from vgae (12.30 %).")


def test_one_method_is_best_of_nothing(tables_of):
    found = quality_finding(tables_of({"ngae": measured(0.99, 0.7, n=1)}))
    assert found == "ngae: giving back unseen cells exactly 99.00 %; keeping mutations in order 70.00 %."
    assert quality_finding([]) == ""


def test_the_page(tables_of, parsed):
    lines = {"ngae": measured(0.99, 0.7), "one_hot": [{"walk_in_order": 0.5, "moran": 0.25}] * 3}
    tables = tables_of(lines) + tables_of({"ngae": measured(0.9, 0.6)}, labels="training")
    pictured = [
        (table, [Drawn("walks", "Walks <all>.", {"svg": SVG, "pdf": b"", "png": b""})])
        for table in tables[:2]
    ]
    pictured += [(table, []) for table in tables[2:]]
    page = parsed(quality_page("nb201:cifar10", representations(pictured, "mean")))
    (title,) = page.find("title")
    assert title.text == "nb201:cifar10: representations compared"
    first, second = page.find("section", class_="representation")
    assert [each.find("h2")[0].text for each in (first, second)] == [
        "Representation: no labels",
        "Representation: all training labels free",
    ]
    (main,) = [each for each in first.find("table") if each.attributes["data-table"] == "representation"]
    heads = [cell.text for cell in main.find("thead")[0].find("th")]
    assert heads == ["method", "exact test greedy mean %", "in order %", "Moran's I"]
    rows = [[cell.text for cell in row.children] for row in main.find("tbody")[0].find("tr")]
    assert [row[0] for row in rows] == ["ngae", "one_hot"]
    assert rows[0][1].startswith("99.00") and "[99.00, 99.00]" in rows[0][1] and rows[0][3] == "-"
    assert rows[1][1] == "-" and rows[1][3].startswith("0.2500")
    (figure, other) = first.find("figure")
    assert figure.find("span", id="q0-walks-caption")[0].text == "Walks <all>."
    assert [link.attributes["href"].rpartition(".")[2] for link in figure.find("a")] == ["svg", "pdf", "png"]
    assert not second.find("figure") and other is not figure
    summaries = [each.text for each in first.find("summary")]
    assert summaries[0].startswith("All measures") and summaries[1].startswith("What the numbers mean")
