"""The arrays behind the figures, by hand."""

import dataclasses
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from harness.compare.found import top
from harness.records.run import Timing
from harness.report.figures.axes import along, is_recorded, words
from harness.report.figures.cells import by_architecture
from harness.report.figures.curves import curves
from harness.report.figures.ecdf import REGRETS, reached_shares
from harness.report.figures.final import heights, limits
from harness.report.figures.lines import Frame, Line, _thinned, spread
from harness.report.figures.pareto import front_of, measure_of, unit
from harness.report.figures.ranks import shared_seeds, ticks, within_seeds
from harness.report.figures.style import styled
from harness.report.figures.svg import compact
from harness.report.figures.time import by_phase, duration

NAN = float("nan")


def test_targets_are_51_from_ten_points_to_a_hundredth():
    assert len(REGRETS) == 51
    np.testing.assert_allclose(REGRETS[[0, 25, 50]], [0.1, 0.1 / 10**1.5, 0.0001])


def test_a_run_that_falls_back_has_still_reached_its_target(seen_as):
    # regrets of seed 0: 30, 1, 20 points; of seed 1: 10 (a target itself), 10, 0
    truth = {"one": [[0.6, 0.89, 0.7], [0.8, 0.8, 0.9]]}
    view = seen_as({"one": [[0.5, 0.6, 0.7]] * 2}, truth=truth)
    shares = reached_shares(view, view.comparison.methods[0], np.array([1.0, 2.0, 3.0]))
    # 17 of the 51 targets are 1 point or more
    np.testing.assert_allclose(102 * shares, [1, 17 + 1, 17 + 51])


def test_ranks_average_ties_and_know_nothing_beside_the_unknown():
    values = np.array([[[0.9, 0.5, 0.1]], [[0.9, 0.7, NAN]], [[0.2, 0.6, 0.3]]])
    ranked = within_seeds(values)
    np.testing.assert_array_equal(ranked[:, 0], [[1.5, 3, NAN], [1.5, 1, NAN], [3, 2, NAN]])
    known = within_seeds(np.random.default_rng(0).integers(0, 4, (7, 5, 9)) / 4)
    np.testing.assert_allclose(known.sum(axis=0), 28)


def test_ranks_are_taken_within_seeds_that_all_have(seen_as):
    view = seen_as({"one": [[0.1, 0.2, 0.3]] * 3, "two": [[0.1, 0.2, 0.3]] * 2})
    assert shared_seeds(view) == [0, 1]
    assert (ticks(4), ticks(20)) == ([1, 2, 3, 4], [1, 5, 10, 15, 20])


def test_the_front_of_a_method_is_that_of_all_its_runs(seen_as):
    seen = {"one": [[0.5, 0.6, 0.7], [0.55, 0.4, 0.8]]}
    view = seen_as(seen, truth={"one": [[0.5, 0.75, 0.7], [0.52, 0.9, 0.8]]})
    complexity, truth = front_of(view.comparison.methods[0], "flops")
    # seed 1 did not choose its second, whose truth would have been the best
    assert list(zip(complexity.tolist(), truth.tolist(), strict=True)) == [(1, 0.52), (2, 0.75), (3, 0.8)]


def test_the_measure_is_the_tables_or_what_all_runs_recorded(seen_as):
    seen = {"one": [[0.5, 0.6, 0.7]]}
    assert measure_of(seen_as(seen).comparison) == "flops"
    assert measure_of(seen_as(seen, reference=None).comparison) == "flops"
    assert measure_of(seen_as(seen, complexity=False).comparison) is None
    assert [unit(name) for name in ("flops", "latency:edgegpu")] == ["FLOPs (M)", "latency on edgegpu (ms)"]


def test_methods_with_one_architecture_share_its_drawing(seen_as):
    view = seen_as({"a": [[0.5, 0.6, 0.7]], "b": [[0.5, 0.9, 0.7]], "c": [[0.1, 0.2, 0.6]]})
    groups = by_architecture([(method, top(method)[0]) for method in view.comparison.methods])
    assert [[method.label for method, _ in group] for group in groups] == [["b"], ["a", "c"]]
    assert [group[0][1].text for group in groups] == ["000001", "000002"]


def test_a_seed_has_the_same_height_in_every_row():
    offsets = heights(list(range(20)))
    assert len(set(offsets.values())) == 20 and max(map(abs, offsets.values())) <= 0.31
    assert heights(list(range(40)))[7] == offsets[7]


def test_the_axis_of_final_values_leaves_out_the_worst_but_no_interval():
    values = np.array([10.0, *np.linspace(90, 91, 99)])
    low, high = limits(values, [NAN, 90.5])
    assert 89.5 < low < 90.05 and 91 < high < 91.1
    assert limits(values, [50.0])[0] < 50


def test_phases_are_means_over_runs_and_pretraining_counts(seen_as):
    (method,) = seen_as({"one": [[0.5, 0.6, 0.7]] * 2}).comparison.methods
    assert by_phase(method) == [0.0, 1.0, 2.0, 0.25, 0.5]
    runs = [
        dataclasses.replace(run, timing=Timing(run.timing.seconds, None, {"seconds": 8.0 * number}))
        for number, run in enumerate(method.runs)
    ]
    assert by_phase(dataclasses.replace(method, runs=runs))[0] == 4.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "-"), (0.0213, "21 ms"), (0.168, "168 ms"), (4.12, "4.1 s"), (9.97, "10 s"), (123.4, "123 s")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_labels_stay_below_the_top():
    assert spread([0.9, 0.95, 1.0], 0.1, 1.0) == pytest.approx([0.8, 0.9, 1.0])
    assert spread([0.1, 0.5], 0.1, 1.0) == [0.1, 0.5]
    assert spread([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])


def test_thin_lines_keep_their_ends():
    line = Line("one", np.arange(1.0, 1001), np.arange(1000.0))
    for log in (False, True):
        x, y = _thinned(line, Frame("x", "y", x_log=log))
        assert len(x) <= 25 and x[0] == 1 and x[-1] == 1000 and (y == x - 1).all()


def test_paths_are_shortened_and_nothing_else():
    path = "M 1.26789 2.5 \nL 3.05 4 \nL 3.05 -1 \nL 4.35 0.15 \nz\nM 0 0 \nC 1 1 2.04 2 3 3 \nL 3 4"
    svg = f'<g x="1.23456">\n    <path d="{path}"/>\n</g>'.encode()
    short = "M1.3 2.5l1.7 1.5 0-5 1.4 1.2zM0 0C1 1 2 2 3 3l0 1"
    assert compact(svg).decode() == f'<g x="1.23456">\n<path d="{short}"/>\n</g>'


def test_rounding_does_not_add_up():
    far = compact(b' d="M 0 0 ' + b" ".join(b"L %.2f 1" % (0.04 * step) for step in range(1, 1001)) + b'"')
    steps = re.findall(r"-?[0-9.]+", far.decode().partition("l")[2])
    assert sum(map(float, steps[::2])) == pytest.approx(40)


def test_lines_keep_their_ends(seen_as):
    view, whole = seen_as({"one": [[0.5, 0.6, 0.7]] * 2, "two": [[0.4, 0.8, 0.5]] * 2}), io.BytesIO()
    with styled():
        figure = curves(view)
        figure.savefig(whole, format="svg")
        plt.close(figure)
    before, after = (
        [_points(path) for path in re.findall(r' d="([^"]*)"', svg.decode())]
        for svg in (whole.getvalue(), compact(whole.getvalue()))
    )
    assert len(before) == len(after) and sum(map(bool, before)) > 20
    for one, two in zip(before, after, strict=True):
        assert bool(one) == bool(two)
        if one:
            np.testing.assert_allclose(one[-1], two[-1], atol=0.0501)


def _points(path):
    """Ends of straight lines, whether they are given by place or by step; empty for curves."""
    if re.search("[CQAchqa]", path):
        return []
    here, found = np.zeros(2), []
    for command, body in re.findall(r"([MLl])([^MLlz]*)", path):
        numbers = [float(each) for each in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", body)]
        for pair in np.reshape(numbers, (-1, 2)):
            here = here + pair if command == "l" else pair
            found.append(here)
    return found


def test_another_axis_ends_where_the_first_run_does(seen_as):
    view = seen_as({"one": [[0.5, 0.6, 0.7], [0.5, 0.8, 0.7]]})
    (method,) = view.comparison.methods
    x, y = along(view, method, "seconds")
    assert (x[0], x[-1]) == (1.0, 3.0)
    np.testing.assert_allclose(y[[0, -1]], [0.5, 0.75])
    assert is_recorded(view, "seconds") and not is_recorded(view, "wall")
    assert words("total") == "simulated GPU and wall hours, pre-training included"
