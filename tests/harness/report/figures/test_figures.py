"""Every figure of few and of many methods, of what is known and of what is not."""

import dataclasses
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import image

from harness.report.figures import files
from harness.report.figures.files import FIGURES, drawn, saved
from harness.report.figures.style import FAMILIES, look, luminance, styled
from tests.presets import PROTOCOLS

SOME = ("random", "local_search", "ngae", "stranger+gp_bo")
MANY = tuple(member for _, members in FAMILIES.items() for member in members)
ALL = set(FIGURES)


def runs(methods, seeds=3):
    """Three queries each, different for every method and seed; the last architecture is the best seen."""
    rng = np.random.default_rng(0)
    return {name: [sorted(rng.uniform(0.2, 0.9, 3).tolist()) for _ in range(seeds)] for name in methods}


def names(view):
    """What can be drawn; not written into any format, which takes most of the time."""
    found = set()
    for name, (_, draw) in FIGURES.items():
        with styled():
            figure = draw(view)
            if figure is not None:
                found.add(name)
                plt.close(figure)
    return found


@pytest.mark.slow
def test_figures_of_few_methods_are_whole_and_the_same_twice(seen_as):
    view = seen_as(runs(SOME))
    first = list(drawn(view))
    assert {figure.name for figure in first} == ALL
    assert first == list(drawn(view))
    for figure in first:
        assert figure.content.keys() == {"svg", "pdf", "png"} and figure.caption.endswith(".")
        assert figure.content["svg"].endswith(b"</svg>\n") and figure.content["pdf"].startswith(b"%PDF")
        pixels = image.imread(io.BytesIO(figure.content["png"]))
        assert len(np.unique(pixels[:, :, :3].reshape(-1, 3), axis=0)) > 30
        assert_named(figure.content["svg"], SOME)


def test_figures_of_many_methods_are_small(seen_as, monkeypatch):
    monkeypatch.setattr(files, "METADATA", {"svg": files.METADATA["svg"]})
    for figure in drawn(seen_as(runs(MANY))):
        assert len(figure.content["svg"]) < 300_000
        assert_named(figure.content["svg"], MANY)


def assert_named(svg, methods):
    """Every method's name is a text of the figure."""
    texts = " ".join(re.findall(r">([^<>]+)</text>", svg.decode()))
    assert not [name for name in methods if name not in texts]


def test_one_seed_has_no_bands_and_is_drawn(seen_as):
    assert names(seen_as(runs(SOME, seeds=1))) >= ALL - {"axes"}


def test_one_method_has_no_ranks(seen_as):
    assert names(seen_as(runs(["ngae"]))) >= ALL - {"axes", "ranks"}
    assert "ranks" not in names(seen_as(runs(["ngae"])))


def test_without_an_optimum_there_is_no_regret_and_no_share_of_targets(seen_as):
    found = names(seen_as(runs(SOME), reference=None))
    assert not found & {"regret", "ecdf"}
    assert found >= ALL - {"axes", "regret", "ecdf"}


def test_without_complexity_there_are_no_fronts_but_cells(seen_as):
    found = names(seen_as(runs(SOME), complexity=False))
    assert "pareto" not in found and "cells" in found


def test_without_wall_times_there_is_no_breakdown(seen_as):
    assert "time" not in names(seen_as(runs(SOME), seconds=dict.fromkeys(("fit", "propose", "query"), 0.0)))


@pytest.mark.parametrize("axis", ["classes", "seconds"])
def test_along_another_axis(seen_as, axis):
    view = dataclasses.replace(seen_as(runs(SOME)), axis=axis)
    assert names(view) >= ALL - {"axes"}


def test_lines_begin_with_the_first_answer(seen_as):
    protocol = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50, 80))
    view = seen_as(runs(SOME), epochs=[80, 80, 200], protocol=protocol, budget=2)
    assert names(view) >= ALL - {"axes"}


def test_without_any_answer_only_what_it_took_is_shown(seen_as):
    protocol = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50, 80))
    view = seen_as(runs(SOME), epochs=[80, 80, 80], protocol=protocol, budget=2)
    assert names(view) <= {"ecdf", "time", "pareto"}


def test_without_a_shared_seed_there_are_no_ranks(seen_as):
    view = seen_as(runs(("ngae", "random"), seeds=2))
    first, second = view.comparison.methods
    apart = [
        dataclasses.replace(first, runs=first.runs[:1]),
        dataclasses.replace(second, runs=second.runs[1:]),
    ]
    with styled():
        comparison = dataclasses.replace(view.comparison, methods=apart)
        assert FIGURES["ranks"][1](dataclasses.replace(view, comparison=comparison)) is None


def test_the_worst_runs_are_arrows_at_the_edge(seen_as):
    many = {"ngae": [[0.5, 0.6, 0.85 + seed / 1000] for seed in range(39)] + [[0.1, 0.1, 0.2]]}
    view = seen_as(many)
    with styled():
        figure = FIGURES["final"][1](view)
        markers = {line.get_marker(): len(line.get_xdata()) for line in figure.axes[0].lines}
        saved(figure)
    assert markers["<"] == 1 and markers["o"] == 39


def test_methods_look_different_without_colour():
    looks = [look(name) for name in MANY]
    assert len({(each.dash, each.marker) for each in looks}) == len(MANY)
    assert look("ngae[x=1]") == look("ngae") != look("ngae-published")
    family = [look(name) for name in ("ngae", "ngae-noc", "ngae-published", "ngae-paper")]
    assert len({each.colour for each in family}) == 1 and len({each.dash for each in family}) == 4


def test_names_can_be_read_on_white():
    assert luminance(1, 1, 1) == pytest.approx(1) and luminance(0, 0, 0) == 0
    for name in MANY:
        ink = [int(look(name).ink[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        assert 1.05 / (luminance(*ink) + 0.05) >= 4.4
    assert look("ngae").ink != look("arch2vec").ink == look("arch2vec").colour.lower()
