"""Degenerate lines in figures: named with their sign and the reason, last, in no rank."""

import re

import numpy as np
import pytest

from harness.compare.grouping import compare
from harness.compare.view import View
from harness.records.derived import load
from harness.report.figures.files import FIGURES, drawn_across, saved
from harness.report.figures.style import look, styled
from harness.stats.ranks import rank
from tests.harness.lines import DEGENERATE, LINES, WORDS, words_of


@pytest.fixture
def figures_of(handmade):
    """The texts of every figure, by name."""

    def make(lines):
        (found,) = compare(load(handmade(lines)))
        texts = {}
        for name, (_, draw) in FIGURES.items():
            with styled():
                if figure := draw(View(found)):
                    svg = saved(figure)["svg"].decode()
                    texts[name] = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
        return texts

    return make


def test_figures_name_them_last_and_rank_the_others(figures_of):
    texts = figures_of(LINES)
    assert set(texts) == set(FIGURES)
    for name, shown in texts.items():
        together = words_of(" ".join(shown))
        assert (
            "† not ranked: broken (decoder reconstructs 3.0 %), leader (97 % random fill-in)" in together
        ), name
        named = {each for each in shown if each in ("good", "fair", "broken †", "leader †")}
        if name == "cells":  # methods with one architecture share its picture
            assert "leader †" in together
        else:
            assert named == {"good", "fair", *([] if name == "ranks" else WORDS)}, name
    assert "mean rank of 2 (1 is best)" in texts["ranks"]
    rows = [each for each in texts["final"] if each in ("good", "fair", *WORDS)]
    assert rows == ["good", "fair", *WORDS]


def test_without_any_other_line_all_but_ranks_are_drawn(figures_of):
    assert set(figures_of(DEGENERATE)) == set(FIGURES) - {"ranks"}


def test_a_degenerate_line_keeps_its_look():
    assert look("ngae-published †") == look("ngae-published") and look("x[a=1] †") == look("x[a=1]")


def test_the_diagram_says_who_is_outside():
    found = rank("abc", np.random.default_rng(0).random((6, 3)))
    svg = drawn_across(found, ["leader †", "some †"]).content["svg"].decode()
    assert "degenerate, so not ranked: leader †, some †" in svg
    assert "not ranked" not in drawn_across(found).content["svg"].decode()
