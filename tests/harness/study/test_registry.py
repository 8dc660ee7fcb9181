import hashlib
import subprocess
import sys

import pytest

from harness.commands.list import listing
from harness.quality.parts import PARTS
from harness.study.registry import Registry
from methods.base import Optimizer, Representation
from methods.systems import SYSTEMS
from tabular.catalogue import benchmark_names, protocols
from tabular.errors import HarnessError
from tests.presets import PROTOCOLS


def write(tmp_path, name, text):
    path = tmp_path / f"{name}.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize("role", ["representation", "optimizer"])
def test_built_in_names_are_file_names(root, role):
    files = (root / "methods" / f"{role}s").glob("*.py")
    names = Registry().names(role)
    assert names == sorted(file.stem for file in files if not file.stem.startswith("_"))
    assert {"arch2vec", "ngae", "one_hot", "gp_bo", "random", "hyperband", "bohb"} & set(names)


@pytest.mark.parametrize(("role", "base"), [("representation", Representation), ("optimizer", Optimizer)])
def test_every_built_in_plugin_is_one_documented_class(role, base):
    registry = Registry()
    for name in registry.names(role):
        cls = registry.load(role, name)
        assert issubclass(cls, base) and cls.__module__.endswith(f".{name}")
        assert registry.summary(role, name).endswith(".") or registry.summary(role, name)


@pytest.mark.parametrize("role", ["representation", "optimizer"])
def test_every_hyper_parameter_has_meaning_and_source(role):
    import dataclasses

    registry = Registry()
    for name in registry.names(role):
        hyper = registry.load(role, name).Hyper
        assert hyper.__dataclass_params__.frozen
        for field in dataclasses.fields(hyper):
            assert field.metadata["meaning"] and field.metadata["source"], f"{name}.{field.name}"


def test_listing_names_everything_once():
    text, registry = listing(Registry()), Registry()
    words = [line.split()[0] for line in text.splitlines() if line.startswith("  ")]
    assert words == [
        *registry.names("representation"),
        *registry.names("optimizer"),
        *SYSTEMS,
        *PARTS,
        *dict.fromkeys(name.partition(":")[0] for name in benchmark_names()),
        *protocols(),
    ]
    assert set(PROTOCOLS) < set(words)
    assert {"arch2vec", "ngae", "one_hot", "gp_bo", "gradient_ascent", "random"} <= set(words)
    assert "(71646e2b)" in text


def test_listing_imports_no_torch_and_nothing_built_in(tmp_path):
    plugin = write(
        tmp_path,
        "mine",
        '"""My plugin."""\nfrom methods.base import Optimizer\nclass Mine(Optimizer):\n'
        "    def propose(self, space, representation, observed, n): ...\n",
    )
    code = (
        "import sys; from harness.cli import main\n"
        f"code = main(['list', 'plugins={plugin}'])\n"
        "bad = [m for m in sys.modules if m == 'torch' or m.startswith(('methods.optimizers.', "
        "'methods.representations.'))]\n"
        "sys.exit(f'{code} {bad}' if code or bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "  mine                     My plugin." in done.stdout


def test_a_file_adds_a_plugin_with_a_version_of_its_content(plugin_file):
    path = plugin_file("mine")
    registry = Registry((path,))
    assert registry.has("optimizer", "mine") and not registry.has("representation", "mine")
    assert registry.summary("optimizer", "mine") == "Plugin mine, made by a test."
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert registry.version("optimizer", "mine") == f"1-{digest[:12]}"
    assert Registry().version("optimizer", "random") == "1"


def test_loading_a_file_twice_gives_one_class(plugin_file):
    path = plugin_file("twice")
    assert Registry((path,)).load("optimizer", "twice") is Registry((path,)).load("optimizer", "twice")


def test_unknown_plugin_gives_the_closest():
    with pytest.raises(HarnessError, match=r"unknown optimizer 'gp_ba'\. Did you mean 'gp_bo'\?"):
        Registry().load("optimizer", "gp_ba")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("broken", "class Mine(Optimizer:\n", r"broken\.py, line 1: "),
        ("empty", "x = 1\n", "must define a class with base Representation or one with base Optimizer"),
        ("random", "class Mine(Optimizer):\n    pass\n", "would hide the plugin 'random': rename it"),
    ],
)
def test_files_that_cannot_be_plugins(tmp_path, name, text, message):
    with pytest.raises(HarnessError, match=message):
        Registry((write(tmp_path, name, text),))


def test_a_file_that_is_missing_or_no_text(tmp_path):
    with pytest.raises(HarnessError, match="cannot be read"):
        Registry((tmp_path / "missing.py",))
    binary = tmp_path / "binary.py"
    binary.write_bytes(b"\xff\xfe\x01")
    with pytest.raises(HarnessError, match="cannot be read"):
        Registry((binary,))


def test_a_file_with_null_bytes_is_refused(tmp_path):
    file = tmp_path / "nul.py"
    file.write_bytes(b"x = 1\x00\n")
    with pytest.raises(HarnessError, match="plugin file"):
        Registry((file,))


def test_two_files_of_one_name_are_refused(tmp_path):
    text = "class Mine(Optimizer):\n    pass\n"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    files = write(tmp_path / "a", "same", text), write(tmp_path / "b", "same", text)
    with pytest.raises(HarnessError, match="would hide the plugin 'same'"):
        Registry(files)


def test_a_file_that_fails_on_import(tmp_path):
    file = write(
        tmp_path,
        "failing",
        "from methods.base import Optimizer\nimport nowhere_at_all\nclass Mine(Optimizer):\n    pass\n",
    )
    with pytest.raises(HarnessError, match=r"failing\.py cannot be imported: .*nowhere_at_all"):
        Registry((file,)).load("optimizer", "failing")


def test_a_file_with_two_optimizers_or_an_abstract_one(tmp_path):
    body = "(Optimizer):\n    def propose(self, space, representation, observed, n):\n        return None\n"
    two = write(tmp_path, "two", f"from methods.base import Optimizer\nclass A{body}\nclass B{body}")
    with pytest.raises(HarnessError, match="must define one plugin, not 2: A, B"):
        Registry((two,)).load("optimizer", "two")
    unfinished = write(
        tmp_path, "unfinished", "from methods.base import Optimizer\nclass A(Optimizer):\n    pass\n"
    )
    with pytest.raises(HarnessError, match=r"unfinished\.py: A lacks propose"):
        Registry((unfinished,)).load("optimizer", "unfinished")


def test_bad_plugin_files_are_one_line_on_the_command_line(command, tmp_path):
    file = write(tmp_path, "broken", "class Mine(Optimizer:\n")
    for words in (["list"], ["run", "methods=random", f"results={tmp_path / 'r'}"]):
        outcome = command(*words, f"plugins={file}")
        assert outcome.code == 2 and outcome.out == "" and outcome.err.count("\n") == 1
        assert "broken.py, line 1" in outcome.err
