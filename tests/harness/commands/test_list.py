"""`harness list NAME`, `harness --version`, and help for a key."""

import dataclasses
from importlib.metadata import version

import pytest

from harness.study.code import running_code
from harness.study.registry import ROLES, Registry
from methods.systems import SYSTEMS
from tabular.catalogue import families, protocols

FILE = '''
"""A file of ours."""
from dataclasses import dataclass
from methods.base import Decoder, Optimizer, describe
class Mine(Optimizer):
    needs = (Decoder,)
    @dataclass(frozen=True)
    class Hyper:
        width: int = describe(7, "how wide", "a guess")
        rates: tuple[float, ...] = (0.5, 0.25)
    def propose(self, space, representation, observed, n): ...
'''


def test_every_plugin_is_told_with_all_its_hyper_parameters(command):
    registry = Registry()
    for role in ROLES:
        for name in registry.names(role):
            outcome = command("list", name)
            assert outcome.code == 0 and outcome.out.startswith(f"{name}: {role}\n"), outcome.err
            text = " ".join(outcome.out.split())
            hyper = registry.load(role, name).Hyper
            for field in dataclasses.fields(hyper):
                shown = f"{field.name}={field.default} "
                assert shown in text and field.metadata["source"].split()[0] in text
                assert field.metadata["meaning"].split()[0] in text.partition(shown)[2]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "ngae",
            ["decodes latent points, predicts", "alone means ngae+gradient_ascent", "(corrected, published)"],
        ),
        ("gradient_ascent", ["needs a Representation, a Decoder, a Predictor", "nao+gradient_ascent"]),
        ("hyperband", ["needs no representation, a protocol with shorter schedules"]),
        ("gp_bo", ["all architectures without labels where candidates=all (else candidates=pool)"]),
        ("ngae-noc", ["means ngae+gradient_ascent", "ngae.complexity_weight=0.0", "harness list ngae"]),
        ("nao", ["nao: representation", "nao: name of a method", "gradient_ascent.mode=until_new"]),
        ("nb201-nats", ["a protocol; harness protocols show nb201-nats"]),
    ],
)
def test_what_else_is_told(command, name, said):
    text = " ".join(command("list", name).out.split())
    assert all(words in text for words in said)


def test_benchmarks_are_told_with_datasets_protocols_and_data(command):
    for family in families():
        text = " ".join(command("list", family.name).out.split())
        assert text.startswith(f"{family.name}: benchmark")
        assert all(f"{family.name}:{dataset}" in text for dataset in family.datasets)
        mine = [each for each in protocols().values() if each.benchmark == family.name]
        assert mine and all(f" {each.name} " in text for each in mine)
        assert all(source.pattern in text for source in family.sources)
    assert "LEAKS: one noisy draw" in " ".join(command("list", "nb201:cifar100").out.split())
    assert "nb201-12ep-12000s " not in command("list", "nb201:cifar100").out


def test_every_name_that_is_listed_is_told(command):
    for name in SYSTEMS:
        assert f"{name}: name of a method" in command("list", name).out


def test_several_names_and_unknown_ones(command):
    outcome = command("list", "random", "local_search")
    assert outcome.out.count(": optimizer\n") == 2
    for name, closest in (("ngea", "ngae"), ("nb201:cifar", "nb201:cifar10"), ("nb202", "nb201")):
        outcome = command("list", "random", name)
        assert (outcome.code, outcome.out) == (2, "")
        assert f"unknown name '{name}'. Did you mean '{closest}'?" in outcome.err


def test_a_plugin_of_a_file_is_told(command, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    text = " ".join(command("list", "mine", f"plugins={file}").out.split())
    for words in (
        "A file of ours.",
        "version 1-",
        "needs a Decoder",
        "width=7 how wide [a guess]",
        "[0.5, 0.25]",
    ):
        assert words in text


def test_the_version(command):
    outcome = command("--version")
    assert outcome.code == 0 and outcome.err == ""
    assert outcome.out == f"nas-harness {version('nas-harness')} (code {running_code()})\n"


@pytest.mark.parametrize("flag", ["--help", "-h", "help"])
def test_help_for_a_key(command, flag):
    outcome = command("run", flag, "seeds", "existing=", "tie_cells=true")
    assert outcome.code == 0 and outcome.err == ""
    blocks = outcome.out.split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == ["seeds=", "existing=", "tie_cells="]
    assert "default: 10" in blocks[0] and "seeds=3..7" in blocks[0]
    assert "one of: skip, redo, redo-stale" in blocks[1] and "default: skip" in blocks[1]
    assert "one of: true, false" in blocks[2] and "default: false" in blocks[2]
    assert "must be given" in command("run", flag, "methods").out
    assert "one of: queries, architectures" in command("report", flag, "x").out


@pytest.mark.parametrize("line", ["run", "report", "list", "protocols effect", "report verify"])
def test_help_for_a_key_that_is_none(command, line):
    outcome = command(*line.split(), "--help", "plugin")
    assert (outcome.code, outcome.out) == (2, "")
    assert "unknown key 'plugin'" in outcome.err
    outcome = command(*line.split(), "--help")
    assert outcome.code == 0 and "--help KEY" in outcome.out
