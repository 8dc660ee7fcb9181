"""Maps, t-SNE, predictions and ascents: what is in the panels is what the records say."""

import math

import numpy as np
import pytest

from harness.report.quality_figures.files import FIGURES
from harness.report.quality_figures.panels import COLOURS

NAN = math.nan
CELLS = {
    "pca_x": [-1.0, 0.0, 1.0],
    "pca_y": [2.0, -2.0, 0.0],
    "tsne_x": [5.0, 6.0, 7.0],
    "tsne_y": [1.0, 2.0, 3.0],
    "architecture": ["000000", "111111", "222222"],
    "accuracy": [0.2, 0.9, 0.5],
    "predicted": [0.3, 0.8, 0.5],
}
PLANE = {
    "pca_x": [-3.0, 3.0, -3.0, 3.0],
    "pca_y": [-3.0, -3.0, 3.0, 3.0],
    "predicted": [0.1, 0.2, 0.3, 0.4],
    "architecture": ["000000", "", "111111", "222222"],
    "accuracy": [0.2, NAN, 0.9, NAN],
}
PREDICTIONS = {
    "part": ["test"] * 3 + ["training"] * 2,
    "architecture": ["000000"] * 5,
    "accuracy": [0.5, 0.7, 0.9, 0.4, 0.6],
    "predicted": [0.5, 0.8, 0.9, 0.4, 0.6],
}
ASCENTS = {
    "ascent": [0, 1, 0, 1, 0, 1],
    "step": [0, 0, 1, 1, 2, 2],
    "objective": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    "architecture": ["000000", "111111", "", "111111", "000000", "222222"],
    "accuracy": [0.2, 0.9, NAN, 0.9, 0.2, 0.5],
}


def tables(**changes):
    return {"cells": CELLS, "plane": PLANE, "predicts": {"accuracy": [True]}, **changes}


def without(columns, *names):
    return {name: values for name, values in columns.items() if name not in names}


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_a_map_has_a_row_per_method_and_one_scale(drawing):
    other = tables(cells={**CELLS, "accuracy": [0.3, 0.4, 1.0]})
    figure = drawing("map", {"ngae": [(None, tables())], "dvae": [(None, other)]})
    *panels, bar = figure.axes
    assert len(panels) == 6 and bar.get_ylabel() == "accuracy (%)"
    every = [20, 90, 50, 30, 40, 100]
    assert bar.get_ylim() == pytest.approx((np.percentile(every, 5), 100))
    assert panels[3].get_title(loc="left") == "ngae\ntest cells"
    (_, dots) = panels[3].collections
    assert dots.get_array().tolist() == [20, 50, 90]  # the best is drawn last
    assert dots.get_offsets().data.tolist() == [[-1, 1], [1, 0], [0, -1]]  # in deviations: 1 and 2


def test_the_field_and_what_is_decoded_on_the_plane(drawing):
    figure = drawing("map", {"ngae": [(None, tables())]})
    _, field, decoded, _ = figure.axes
    assert field.get_title(loc="left") == "predicted"
    assert field.images[0].get_array().tolist() == [[10, 20], [30, 40]]
    assert field.images[0].get_extent()[0] < -3 < 3 < field.images[0].get_extent()[1]
    assert decoded.get_title(loc="left") == "decoded: 75 % valid"
    grey, shown = decoded.images  # what has no recorded accuracy is grey, what is no architecture is neither
    assert grey.get_array().mask.tolist() == [[True, True], [True, False]]
    assert shown.get_array().mask.tolist() == [[False, True], [False, True]]
    assert shown.cmap is COLOURS


def test_a_field_that_is_no_accuracy_says_its_scale(drawing):
    figure = drawing("map", {"ngae": [(None, tables(predicts={"accuracy": [False]}))]})
    assert figure.axes[1].get_title(loc="left") == "predicted, own scale 0.1 to 0.4"
    assert figure.axes[1].images[0].get_array().max() == 0.4


def test_what_is_not_predicted_or_does_not_decode_is_said(drawing):
    silent = {**PLANE, "predicted": [NAN] * 4}
    figure = drawing("map", {"arch2vec": [(None, tables(plane=silent))]})
    assert len(figure.axes) == 3  # no column for a predictor that nobody has
    blind = without({**PLANE, "predicted": [NAN] * 4}, "architecture", "accuracy")
    figure = drawing("map", {"ngae": [(None, tables())], "one_hot": [(None, tables(plane=blind))]})
    assert texts(figure.axes[4]) == ["nothing is predicted:\nno label was learnt"]
    assert texts(figure.axes[5]) == ["nothing decodes"]


def test_without_accuracies_there_is_no_scale(drawing):
    unknown = {**CELLS, "accuracy": [NAN] * 3}
    plane = {**PLANE, "predicted": [NAN] * 4, "accuracy": [NAN] * 4}
    figure = drawing("map", {"wl": [(None, tables(cells=unknown, plane=plane))]})
    assert len(figure.axes) == 2
    assert len(figure.axes[0].collections[0].get_offsets()) == 3


def test_tsne(drawing, table_of):
    lines = {"ngae": [(None, tables()), (None, tables(cells={**CELLS, "tsne_x": [9.0] * 3}))]}
    figure = drawing("tsne", lines)
    panel, _ = figure.axes
    assert panel.collections[1].get_offsets().data.tolist() == [[5, 1], [7, 3], [6, 2]]
    assert FIGURES["tsne"].caption(table_of("maps", lines)).endswith("Seed 0 of 2.")
    flat = {**CELLS, "tsne_x": [NAN] * 3, "tsne_y": [NAN] * 3}
    figure = drawing("tsne", {"wl": [(None, tables(cells=flat))]})
    assert texts(figure.axes[0]) == ["all cells lie at one point"]


def test_predictions_with_errors_and_their_floor(drawing, table_of):
    lines = {"ngae": [(None, tables(predictions=PREDICTIONS))]}
    (panel,) = drawing("predictions", lines).axes
    training, test = panel.collections
    assert test.get_offsets().data == pytest.approx(np.array([[50, 50], [70, 80], [90, 90]]))
    assert len(training.get_offsets()) == 2
    assert panel.lines[0].get_label() == "equal" and panel.lines[0].get_xdata() == pytest.approx([40, 90])
    caption = FIGURES["predictions"].caption(table_of("maps", lines))
    floor = 100 * math.sqrt((0 + 0.2**2 + 0.4**2) / 3)  # the mean of the training cells is 0.5
    assert f"ngae: test 5.77 (the mean {floor:.2f}), training 0.00." in caption


def test_no_more_than_a_hundred_of_either_part_are_drawn(drawing):
    many = {
        "part": ["test"] * 150 + ["training"] * 30,
        "architecture": ["000000"] * 180,
        "accuracy": np.linspace(0.1, 0.9, 180).tolist(),
        "predicted": np.linspace(0.1, 0.9, 180).tolist(),
    }
    (panel,) = drawing("predictions", {"ngae": [(None, tables(predictions=many))]}).axes
    assert [len(each.get_offsets()) for each in panel.collections] == [30, 100]


def test_predictions_on_another_scale_have_no_error_and_no_equality(drawing, table_of):
    lines = {"ngae": [(None, tables(predictions=PREDICTIONS, predicts={"accuracy": [False]}))]}
    (panel,) = drawing("predictions", lines).axes
    assert not panel.lines and "on its own scale" in panel.get_title(loc="left")
    caption = FIGURES["predictions"].caption(table_of("maps", lines))
    assert "RMSE" not in caption and "ngae: on a scale of its own" in caption


def test_ascents_and_where_they_leave_the_space(drawing):
    figure = drawing("ascent", {"ngae": [(None, tables(ascents=ASCENTS))]})
    above, below = figure.axes
    assert above.get_title(loc="left") == "ngae\n1 of 2 stay valid"
    (cross,) = [line for line in above.lines if line.get_marker() == "x"]
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (1, 0.3)
    assert np.isnan(above.lines[1].get_ydata()).tolist() == [False, True, False]
    assert below.lines[1].get_ydata() == pytest.approx([90, 90, 50])


@pytest.mark.parametrize("name", ["predictions", "ascent"])
def test_without_labels_there_is_nothing_to_draw(drawing, name):
    assert drawing(name, {"arch2vec": [(None, tables())]}) is None
