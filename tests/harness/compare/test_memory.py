"""Numbers that are kept between reports."""

import json

import numpy as np
import pytest

from harness.compare.memory import Memory


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept.json"


def test_what_was_computed_is_not_computed_again(path):
    asked = []

    def total(values):
        asked.append(1)
        return (float(values.sum()), np.inf, np.nan)

    for _ in range(2):
        memory = Memory(path)
        for _ in range(2):
            found = memory("total", total, np.array([1.0, 2.5]))
            assert found[:2] == (3.5, np.inf) and np.isnan(found[2])
        memory.save()
    assert len(asked) == 1


def test_names_arrays_and_their_borders_are_told_apart():
    memory, one, two = Memory(), np.array([1.0]), np.array([1.0, 2.0])
    answers = [
        memory("a", lambda *arrays: (1.0,), one, two),
        memory("b", lambda *arrays: (2.0,), one, two),
        memory("a", lambda *arrays: (3.0,), two, one),
        memory("a", lambda *arrays: (4.0,), np.array([1.0, 1.0, 2.0])),
    ]
    assert answers == [(1.0,), (2.0,), (3.0,), (4.0,)]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": "other", "known": {}}', '{"known": 3}'])
def test_a_damaged_or_older_file_is_forgotten(path, damage):
    memory = Memory(path)
    memory("a", lambda values: (1.0,), np.ones(1))
    memory.save()
    whole = path.read_text()
    path.write_text(damage)
    memory = Memory(path)
    assert memory("a", lambda values: (1.0,), np.ones(1)) == (1.0,)
    memory.save()
    assert json.loads(path.read_text()) == json.loads(whole)


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path):
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "kept.json")
    assert memory("a", lambda values: (1.0,), np.ones(1)) == (1.0,)
    memory.save()
