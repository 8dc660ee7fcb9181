"""Training, walks, interpolations and proposals: what is in the panels is what the records say."""

import math

import pytest

from harness.report.quality_figures.files import FIGURES, kept_figures, quality_drawn
from harness.report.quality_figures.interpolation import stretches

NAN = math.nan
PASSES = {
    "epoch": [1.0, 2.0, 3.0],
    "loss": [5.0, 4.0, 3.0],
    "reconstruction": [10.0, 1.0, 0.1],
    "kl": [NAN, NAN, NAN],
    "held_out_exact": [NAN, 0.5, 0.9],
}
WALKS = {
    "steps": [1, 2],
    "edits": [1.0, 2.0],
    "distance": [0.4, 0.7],
    **{f"distance_q{at}": [0.1 * at / 50, 0.2 * at / 50] for at in (5, 25, 50, 75, 95)},
}
ORDER = {"walk_in_order": 0.75, "walk_spearman": 0.5}
LINES = {
    "path": [0] * 5 + [1] * 5,
    "step": [0, 1, 2, 3, 4] * 2,
    "architecture": ["000000", "000000", "", "", "111111", "", "", "", "", ""],
}


def top(*accuracies):
    return {
        "architecture": ["000000"] * len(accuracies),
        "accuracy": list(accuracies),
        "complexity": [each / 2 for each in accuracies],
    }


def proposed(*accuracies, best=0.95):
    mean = sum(accuracies) / len(accuracies)
    numbers = {"top_accuracy": mean, "top_complexity": mean / 2, "best_training": best}
    return numbers, {"top": top(*accuracies)}


def test_training_by_passes(drawing):
    other = {**PASSES, "loss": [6.0, 5.0, 5.0]}
    figure = drawing("training", {"ngae": [(None, {"passes": PASSES}), (None, {"passes": other})]})
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]
    assert titles == [
        "loss",
        "reconstruction loss (nats)",
        "held out, exact (%)",
    ]  # nobody noted a divergence
    loss, reconstruction, held_out, *_ = figure.axes
    assert (loss.get_yscale(), reconstruction.get_yscale(), held_out.get_yscale()) == (
        "linear",
        "log",
        "linear",
    )
    assert [line.get_ydata().tolist() for line in loss.lines] == [[5, 4, 3], [6, 5, 5]]
    assert held_out.lines[0].get_xdata().tolist() == [2, 3] and held_out.lines[
        0
    ].get_ydata() == pytest.approx([50, 90])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["ngae"]


def test_walks_with_their_order(drawing):
    lines = {"ngae": [(ORDER, {"walks": WALKS})], "dvae": [(ORDER, {"walks": WALKS})] * 2}
    figure = drawing("walks", lines)
    dvae, ngae = figure.axes
    assert ngae.get_title(loc="left") == "ngae\nin order 75.00 %"
    median, mean, random = ngae.lines
    assert median.get_ydata() == pytest.approx([0.1, 0.2]) and mean.get_ydata() == pytest.approx([0.4, 0.7])
    assert random.get_ydata() == [1, 1] and len(dvae.lines) == 4
    assert dvae.get_ylim() == ngae.get_ylim()


def test_steps_that_decode_to_the_same_are_one():
    assert [(each.words, each.text) for each in stretches(LINES)] == [
        ("steps 0 to 1", "000000"),
        ("steps 2 to 3", ""),
        ("step 4", "111111"),
    ]


def test_interpolations_as_cells(drawing):
    lines = {"ngae": [(ORDER, {"walks": WALKS, "interpolations": LINES})], "wl": [(ORDER, {"walks": WALKS})]}
    first, gap, last = drawing("interpolation", lines).axes
    assert first.get_title(loc="left") == "ngae\nsteps 0 to 1"
    assert [text.get_text() for text in gap.texts] == ["no architecture"]
    words = [text.get_text() for text in last.texts]
    assert {"in", "out"} < set(words) and len(words) == 8


def test_a_space_that_is_not_known_here_has_no_drawings(drawing, capsys):
    lines = {"ngae": [(ORDER, {"interpolations": LINES})]}
    assert drawing("interpolation", lines, benchmark="elsewhere:cora") is None
    assert "interpolations on elsewhere:cora are not drawn" in capsys.readouterr().err


def test_proposals_best_on_top_with_accuracy_and_complexity(drawing):
    lines = {"dvae": [proposed(0.8, 0.7)] * 2, "ngae": [proposed(0.9, 0.8), proposed(0.94)]}
    accuracy, complexity = drawing("proposals", lines).axes
    assert [text.get_text() for text in accuracy.get_yticklabels()] == ["ngae", "dvae"]
    dots = [sorted(line.get_xdata()) for line in accuracy.lines if line.get_marker() == "o"]
    assert dots[0] == pytest.approx([80, 90]) and dots[1] == pytest.approx([94])
    means = [line.get_xdata()[0] for line in complexity.lines if line.get_marker() == "D"]
    assert means == pytest.approx([100 * (0.425 + 0.47) / 2, 37.5])
    (best,) = [line for line in accuracy.lines if line.get_label() == "best of the given labels"]
    assert best.get_xdata() == [95, 95]


def test_the_papers_claims_stand_under_the_proposals(table_of):
    lines = {"dvae": [proposed(0.8)] * 7, "ngae": [proposed(0.9 + seed / 100) for seed in range(7)]}
    caption = FIGURES["proposals"].caption(table_of("proposals", lines, labels="training"))
    assert "accuracy: ngae > dvae: holds (+13.00 [" in caption and "at 7 of 7 seeds)" in caption
    assert "ngae-noc" not in caption


@pytest.mark.parametrize("name", FIGURES)
def test_records_without_columns_have_no_figures(drawing, name):
    assert drawing(name, {"ngae": [(None, {})]}) is None


def test_files_are_the_same_twice_and_kept(table_of, tmp_path):
    table = table_of("geometry", {"ngae": [(ORDER, {"walks": WALKS, "interpolations": LINES})]})
    first = list(quality_drawn(table))
    assert first == list(quality_drawn(table)) and [each.name for each in first] == ["walks", "interpolation"]
    names = {}
    for figure in first:
        for form, content in figure.content.items():
            path = tmp_path / table.place / f"{figure.name}.{form}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            names[f"{table.place}/{figure.name}.{form}"] = ""
    assert kept_figures(table, tmp_path, names) == first
    assert kept_figures(table, tmp_path, {}) == []
