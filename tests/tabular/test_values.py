"""Plain values of what people write: literals are read, nothing is evaluated."""

from collections import namedtuple

import numpy as np
import pytest

from tabular.values import value_of

Genotype = namedtuple("Genotype", "normal normal_concat")


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("  text \n", "text"),
        ("\ufeff403143", "403143"),
        (7, "7"),
        (np.int8(7), "7"),
        ("7", "7"),
        ("007", "007"),
        ("1e5", "1e5"),  # a hash may look like a float
        ("64-41414-1_02_333", "64-41414-1_02_333"),
        ("(1, 2)", [1, 2]),
        ("1, 2", [1, 2]),
        ("[[1], [4, 0]]", [[1], [4, 0]]),
        ('{"a": [true]}', '{"a": [true]}'),  # a name, not a literal
        ('{"a": ["x", 1]}', {"a": ["x", 1]}),
        ("G(normal=[('x', 0)], concat=range(2, 6))", {"normal": [["x", 0]], "concat": [2, 3, 4, 5]}),
        ("Arch([0, 1], ['a'])", [[0, 1], ["a"]]),
        ("np.array([[0, 1]], dtype=np.int8)", [[0, 1]]),
        ("array([[0, 1]], dtype='int8')", [[0, 1]]),
        ("(np.int64(3), np.str_('x'), True, -1, 2.0)", [3, "x", 1, -1, 2]),
        (np.array([["a", "b"]]), [["a", "b"]]),
        (np.array([0.0, 1.0]), [0, 1]),
        (Genotype([("x", 0)], range(2, 4)), [[["x", 0]], [2, 3]]),
        ({1: (2,)}, {"1": [2]}),
    ],
    ids=str,
)
def test_what_is_plain(given, value):
    assert value_of(given) == value


@pytest.mark.parametrize(
    "text",
    [
        *("[x]", "f(*a)", "f(1, b=2)", "f(**{'a': 1})", "__import__('os').system('x')", "(lambda: 1)(1)"),
        *("[1 for _ in range(9)]", "range(10**9)", "range(1000000)", "{1: 2}", "{**a}", "'a' 'b' + 'c',"),
        *("[1, 2", "(" * 9000, "-" * 9000 + "1,", "x" * 200_000 + ","),
        *("[None]", "[0.5]", "[1j]", "[b'x']", "[...]"),
    ],
    ids=lambda text: text[:16],
)
def test_any_other_text_stays_what_it_is(text):
    assert value_of(text) == text


@pytest.mark.parametrize("given", [None, True, object(), b"x", [None], [0.5], {"a": b"x"}, {1, 2}, 1j, 0.5])
def test_what_is_no_plain_value(given):
    assert value_of(given) is None


def test_what_contains_itself_is_no_plain_value():
    endless = []
    endless.append(endless)
    assert value_of(endless) is None
