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
            told, hyper = explained(outcome.out), registry.load(role, name).Hyper
            for field in dataclasses.fields(hyper):
                values, text = told[field.name]
                usual = field.default
                usual = f"{usual:.6g}" if isinstance(usual, float) else str(usual) or "''"
                assert values[0].strip("()") == usual
                assert field.metadata["meaning"] in text and f"[{field.metadata['source']}]" in text


def explained(out):
    """By hyper-parameter its values, one for each variant that has one of its own, and what is said of it."""
    found, last = {}, ""
    for line in out.partition("hyper-parameters, written")[2].splitlines()[1:]:
        if line.startswith("      ") and last:
            found[last] = (found[last][0], f"{found[last][1]} {line.strip()}".strip())
        elif line.startswith("  ") and line.strip() and not line.startswith("   "):
            last, *values = line.split()
            found[last] = (values, "")
    return found


def test_variants_stand_side_by_side(command):
    out = command("list", "ngae").out
    assert "\nngae.variant=paper|published takes a column; where it is empty it is as adapted\n" in out
    (head,) = [line for line in out.splitlines() if line.split() == ["adapted", "paper", "published"]]
    paper, published = head.index("paper"), head.index("published")
    lines = {line.split()[0]: line.ljust(published + 9) for line in out.splitlines() if line.strip()}
    for field, values in {
        "width": ("64", "501", "501"),
        "own_messages": ("True", "", "False"),
        "kl_weight": ("0.005", "1", ""),
        "noise": ("1", "", "0.01"),
        "cycles": ("4", "(4)", "(4)"),
        "decodings": ("(500)", "", ""),
        "batch_size": ("32", "", ""),
    }.items():
        line = lines[field]
        shown = line[head.index("adapted") : paper], line[paper:published], line[published:]
        assert tuple(part.strip() for part in shown) == values, field
    told = explained(out)
    assert "- read with schedule=one_cycle [ours]" in told["cycles"][1]
    assert "- read with decoding=majority|first_valid [" in told["decodings"][1]
    assert "(rank, accuracy)" in told["target"][1]


def test_without_other_variants_there_is_one_column_and_no_legend(command):
    out = command("list", "reinforce").out
    assert "variant" not in out and "adapted" not in out and "in brackets" not in out
    assert "(0.333333)" in command("list", "gp_bo_latent").out  # as it is shown, not to the last digit
    assert command("list", "random").out.endswith("\nno hyper-parameters\n")


def test_the_list_says_what_plain_names_are(command):
    out = command("list").out
    assert "Representations (alone: adapted, " in out
    assert (
        "(-paper: by its text, -published: by its authors' code, others: adapted; -untrained: controls)"
        in out
    )
    assert "corrected" not in out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "ngae",
            ["decodes latent points, predicts", "alone means ngae+gradient_ascent", "(rank, accuracy)"],
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
        "width 7 how wide [a guess]",
        "rates [0.5, 0.25]",
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
