import pytest

from harness.running import agenda
from harness.running.agenda import Agenda, Task
from harness.study.spec import PluginSpec


@pytest.fixture
def plan(monkeypatch, spec_of):
    """Two models, of which one is cached, and two runs of each; and two that need none."""

    monkeypatch.setattr(agenda, "is_cached", lambda model, _: model.plugin.name != "learns")
    monkeypatch.setattr(agenda, "cache_path", lambda model, _: f"{model.plugin.name}.safetensors")
    monkeypatch.setattr(agenda, "growth", lambda model, _: (model.plugin.name, None))
    models = {
        method: {"representation": PluginSpec(method, "1", {}), "pretrain_seed": -1}
        for method in ("learns", "learnt")
    }
    specs = [
        spec_of(method, seed, **models.get(method, {}))
        for seed in range(2)
        for method in ("random", "learns", "learnt")
    ]
    return Agenda(specs, None), {(spec.method, spec.seed): spec for spec in specs}


def taken(work, nothing_runs=False):
    tasks = []
    while task := work.take(nothing_runs):
        tasks.append(task)
    return tasks


def test_pretraining_comes_first_and_holds_up_its_own_runs_alone(plan):
    work, specs = plan
    first, *others = taken(work)
    assert first == Task(specs["learns", 0], pretrains=True)
    assert [(each.spec.method, each.spec.seed) for each in others] == [
        ("random", 0), ("learnt", 0), ("random", 1), ("learnt", 1)
    ]  # fmt: skip
    work.finished(others[0])
    assert taken(work) == []
    work.finished(first)
    assert taken(work) == [Task(specs["learns", seed]) for seed in range(2)]


def test_what_fails_with_a_pretraining(plan):
    work, specs = plan
    first, second, *_ = taken(work)
    assert work.give_up(first) == [specs["learns", 0], specs["learns", 1]]
    assert work.give_up(second) == [second.spec]
    assert taken(work, nothing_runs=True) == []


def test_suspects_wait_until_nothing_else_runs_and_come_one_by_one(plan):
    work, _ = plan
    _, second, third, *_ = taken(work)
    work.suspect(second)
    work.suspect(third)
    assert work.take(nothing_runs=False) is None
    suspect = work.take(nothing_runs=True)
    assert suspect == Task(second.spec, alone=True)
    work.put_back(suspect)
    assert work.take(nothing_runs=False) is None
    assert work.take(nothing_runs=True) == suspect
    assert work.take(nothing_runs=True) == Task(third.spec, alone=True)


def test_what_was_not_begun_comes_next(plan):
    work, _ = plan
    first, second = work.take(False), work.take(False)
    work.put_back(second)
    assert work.take(False) == second != first


@pytest.fixture
def growing(monkeypatch, spec_of):
    """Trainings of 300, 100 and 200 passes that go on from each other, and one that does not."""
    monkeypatch.setattr(agenda, "is_cached", lambda *_: False)
    monkeypatch.setattr(agenda, "cache_path", lambda model, _: f"{model.plugin}.safetensors")
    monkeypatch.setattr(
        agenda, "growth", lambda model, _: (model.plugin.name, model.plugin.hyper.get("epochs"))
    )
    plugins = [*(PluginSpec("grows", "1", {"epochs": most}) for most in (300, 100, 200))]
    plugins.append(PluginSpec("other", "1", {}))
    specs = [spec_of(str(each.hyper), 0, representation=each, pretrain_seed=-1) for each in plugins]
    return Agenda(specs, None), specs


def test_a_longer_training_waits_for_the_shorter_it_goes_on_from(growing):
    work, (longest, shortest, middle, other) = growing
    assert taken(work) == [Task(shortest, pretrains=True), Task(other, pretrains=True)]
    work.finished(Task(shortest, pretrains=True))
    assert taken(work) == [Task(middle, pretrains=True), Task(shortest)]
    work.finished(Task(other, pretrains=True))
    assert taken(work) == [Task(other)]
    work.finished(Task(middle, pretrains=True))
    assert taken(work) == [Task(longest, pretrains=True), Task(middle)]
    work.finished(Task(longest, pretrains=True))
    assert taken(work) == [Task(longest)]


def test_a_training_that_fails_ends_no_longer_one(growing):
    work, (_, shortest, middle, _) = growing
    taken(work)
    assert work.give_up(Task(shortest, pretrains=True)) == [shortest]
    assert taken(work) == [Task(middle, pretrains=True)]
