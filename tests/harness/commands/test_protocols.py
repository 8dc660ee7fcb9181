"""`harness protocols`, and that runs of different rules never meet in one ranking."""

import pytest


@pytest.fixture(scope="module")
def effect(command, tmp_path_factory):
    """What the embedded table allows: five protocols beside each other."""
    folder = tmp_path_factory.mktemp("effect")
    words = ["methods=random,local_search", "seeds=4", "budget=30", "workers=1", f"results={folder}"]
    return folder, command("protocols", "effect", *words)


def test_list_names_every_protocol_with_hash_and_leaks(command):
    shown = " ".join(command("protocols", "list").out.split())
    assert "nb201-200ep (71646e2b): 200-epoch x-valid" in shown
    assert "LEAKS on cifar100, imagenet16-120: test seen in search" in shown
    assert command("protocols").out == command("protocols", "list").out


def test_show_spells_out_the_rules_by_dataset(command):
    shown = command("protocols", "show", "nb201-arch2vec").out
    assert "nb201-arch2vec on cifar10 (hash" in shown and "nb201-arch2vec on imagenet16-120 (hash" in shown
    assert "  budget           1400000\n" in shown and "  crossing         kept\n" in shown
    assert "  LEAKS            one noisy draw" in shown
    assert "nb201-200ep (hash 71646e2b)" in command("protocols", "show", "nb201-200ep").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shwo"], "unknown protocols command 'shwo'. Did you mean 'show'?"),
        (["show"], "harness protocols show NAME"),
        (["show", "nb201-200"], "unknown protocol 'nb201-200'. Did you mean 'nb201-200ep'?"),
        (["list", "all"], "harness protocols list takes no words"),
        (["effect"], "methods= is missing"),
        (["effect", "methods=randm"], "unknown method 'randm'. Did you mean 'random'?"),
        (["effect", "methods=random", "at=3"], "at= is not for harness protocols effect"),
        (["effect", "methods=random", "protocols=nb201-200"], "Did you mean 'nb201-200ep'?"),
    ],
)
def test_odd_words(command, words, message):
    found = command("protocols", *words)
    assert found.code == 2 and message in found.err and found.err.count("\n") == 1


def test_effect_puts_protocols_beside_each_other(effect):
    _, found = effect
    assert found.code == 0
    lines = found.out.splitlines()
    assert lines[0] == "nb201:cifar10: the same methods under 5 protocols"
    rows = [line for line in lines if line.startswith("nb201-200ep") and "hash" not in line]
    truth = [row.split() for row in rows[:2]]
    assert [row[0] for row in truth] == ["nb201-200ep", "nb201-200ep-mean"]
    for row in truth:
        ranks = sorted(word for word in row if word.startswith("["))
        assert ranks == ["[1]", "[2]"]
    assert truth[0][-1] == "1.00"
    assert "nb201-synetune is left out: nb201-synetune needs test@200" in found.err
    assert "nb201-nats is left out: budget=30 counts queries, nb201-nats counts seconds" in found.err


def test_effect_shows_what_the_reports_show(effect, command):
    folder, found = effect
    rows = command("report", f"results={folder}", "format=json").rows()
    mean = {
        (row["protocol"].partition("@")[0], row["method"]): f"{100 * row['mean']:.2f}"
        for row in rows
        if row["metric"] == "truth" and row["at"] == 30
    }
    for protocol in ("nb201-200ep", "nb201-200ep-mean"):
        line = next(line for line in found.out.splitlines() if line.split()[:1] == [protocol])
        assert mean[protocol, "random"] in line and mean[protocol, "local_search"] in line


def test_a_protocol_named_outright_must_be_possible(command, tmp_path):
    words = ["methods=random", "seeds=1", "protocols=nb201-nats", f"results={tmp_path}"]
    found = command("protocols", "effect", *words)
    assert found.code == 2 and "nb201-nats needs valid@12" in found.err


def test_runs_of_different_rules_are_refused_in_one_ranking(effect, command):
    folder, _ = effect
    found = command("report", f"results={folder}", "protocol=nb201-200ep,nb201-200ep-mean")
    assert found.code == 2 and not found.out
    assert "nb201-200ep (71646e2b) and nb201-200ep-mean (60a2ac44) cannot meet in one ranking" in found.err
    assert "they differ in replicate=one|mean." in found.err
    one = command("report", f"results={folder}", "protocol=nb201-200ep-mean")
    assert one.code == 0 and "60a2ac44" in one.out and "71646e2b" not in one.out
    both = command("report", f"results={folder}").out
    assert both.count("best accuracy (%) versus queries") == 5  # five tables, never one


def test_a_leaking_protocol_says_so_under_its_table(command, tmp_path):
    words = ["methods=random", "seeds=2", "budget=12", "workers=1", f"results={tmp_path}"]
    found = command("run", *words, "protocol=nb201-naslib")
    assert found.code == 0
    text = " ".join(found.out.split())
    assert "LEAKS: what is reported as test is the very column that was searched." in text
    assert "LEAKS" in " ".join(command("report", f"results={tmp_path}").out.split())
    assert "LEAKS" not in command("run", *words).out.partition("nb201-200ep (")[2]
