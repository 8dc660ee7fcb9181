"""`harness arch`: every form of architectures, from the command line and from stdin."""

import io
import json

import numpy as np
import pytest

from harness import cli
from tabular import catalogue

OFFICIAL = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|"
BENCHMARKS = ("nb201:cifar100", "nb101", "nb301", "nb301:tied", "enas-pool", "macro", "transnas-micro",
              "transnas-macro:jigsaw", "nas-bench-graph:proteins")  # fmt: skip


def fields(text):
    return [dict(line.split(maxsplit=1) for line in block.splitlines()) for block in text.split("\n\n")]


def test_every_form_and_what_is_free_to_know(command):
    outcome = command("arch", "nb201", "(4, 0, 3, 1, 4, 3)", OFFICIAL, "form=naslib")
    assert outcome.code == 2 and "in the form naslib" in outcome.err
    outcome = command("arch", "nb201", OFFICIAL, "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    assert outcome.code == 0 and outcome.err == ""
    first, second = fields(outcome.out)
    index = first.pop("index")
    operations = ["avg_pool_3x3", "skip_connect", "none", "nor_conv_1x1", "avg_pool_3x3", "nor_conv_1x1"]
    assert first == {
        "key": "410242",
        "official": OFFICIAL,
        "naslib": "(4, 0, 3, 1, 4, 3)",
        "naszilla": "[0, 4, 3, 1, 0, 1]",
        "operations": json.dumps(operations),
        "row": str(int("410242", 5)),
        "flops": "15.6474 MFLOPs",
        "params": "0.129306 M params",
    }
    assert command("arch", "nb201", index, "form=index", "to=key").out == "410242\n"
    assert second["key"] == "000000" and second["flops"] == "7.78305 MFLOPs"


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_form_of_every_benchmark_is_shown_and_read_back(command, name):
    space = catalogue.space(name)
    cell = space.sample(1, np.random.default_rng(5))
    shown = command("arch", name)
    assert shown.code == 0
    for form in space.forms:
        if (space.name, form.name) == ("nb101", "hash"):
            continue  # takes 40 s to look up
        assert form.about in shown.out
        (text,) = space.print(cell, form.name)
        outcome = command("arch", name, text, f"form={form.name}", "to=key")
        assert outcome.out.splitlines() == space.to_strings(cell), outcome.err


def test_lines_of_stdin(monkeypatch):
    def piped(text, *words):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return cli.main(["arch", *words])

    assert piped("000000\n\n  444444\n", "nb201", "-", "form=key", "to=index") == 0
    assert piped("", "nb201", "-") == 2


def test_stdin_with_other_texts(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{OFFICIAL}\r\n"))
    assert cli.main(["arch", "nb201", OFFICIAL, "-", "to=key"]) == 0
    assert capsys.readouterr().out == "410242\n410242\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nb201", "410242"), "does not say which architecture of nb201 it is: as key"),
        (("nb201", "x"), "'x' is no architecture of nb201"),
        (("nb201", OFFICIAL, "to=naslb"), "unknown form of nb201 'naslb'. Did you mean 'naslib'?"),
        (("nb201", OFFICIAL, "from=naslib"), "unknown key 'from'. Did you mean 'form'?"),
        (("nb202", OFFICIAL), "unknown benchmark 'nb202'. Did you mean 'nb201'?"),
        (("nb201", OFFICIAL, "form="), "form=: needs a value"),
        (("form=key",), "a benchmark is needed"),
    ],
)
def test_what_cannot_work_is_said_in_a_line(command, words, said):
    outcome = command("arch", *words)
    assert outcome.code == 2 and said in outcome.err and outcome.out == "" and outcome.err.count("\n") == 1


def test_texts_may_hold_equal_signs(command):
    pairs = [("sep_conv_3x3", read) for _ in range(4) for read in (0, 1)]
    text = f"Genotype(normal={pairs}, normal_concat=range(2, 6), reduce={pairs}, reduce_concat=range(2, 6))"
    both = "-".join(["0.3-1.3"] * 4)
    assert command("arch", "nb301", text, "to=key").out == f"{both}_{both}\n"


def test_help(command):
    told = command("arch", "--help").out
    assert told == command("arch").out and "harness arch nb201" in told and "form=" in told
    assert "for example: form=naslib" in command("arch", "--help", "form").out


def test_spaces_of_files(command, tmp_path):
    (tmp_path / "toy.py").write_text(
        "from tabular.benchmarks.macro import PROTOCOLS, load, space\nimport dataclasses\n"
        "DATASETS = ('one',)\nDEFAULT_PROTOCOL = 'toy-all'\n"
        "PROTOCOLS = (dataclasses.replace(PROTOCOLS[0], name='toy-all', benchmark='toy'),)\n"
    )
    outcome = command("arch", "toy", "01201201", f"plugins={tmp_path / 'toy.py'}", "to=row")
    assert outcome.out == f"{int('01201201', 3)}\n", outcome.err
