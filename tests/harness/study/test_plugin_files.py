"""Plugin files as people write them: with bases, helpers, marks, and faults. One sentence, or they work."""

import subprocess
import sys

import pytest

from harness.study.registry import Registry
from tabular.errors import HarnessError

OPTIMIZER = """
from methods.base import Optimizer
{head}
class Mine(Optimizer):
    def propose(self, space, representation, observed, n):
        return space.sample({draws}, self.rng)
"""


def write(path, text, **parts):
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text if isinstance(text, bytes) else text.format(**{"head": "", "draws": "n", **parts}).encode()
    path.write_bytes(content)
    return path


def harness(folder, *words, **options):
    """The program itself, in a folder."""
    line = [sys.executable, "-m", "harness", *words]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, **options)


RUN = ("seeds=1", "budget=12", "workers=1", "format=csv")


def test_a_subclass_of_what_is_built_in(command, tmp_path):
    text = """
from methods.optimizers.regularized_evolution import RegularizedEvolution
class Mine(RegularizedEvolution):
    def propose(self, space, representation, observed, n):
        return super().propose(space, representation, observed, n)
"""
    file = write(tmp_path / "mine.py", text)
    words = ["methods=mine,regularized_evolution", f"plugins={file}", f"results={tmp_path / 'r'}"]
    outcome = command("run", *words, *RUN, "mine.population=4")
    assert outcome.code == 0 and "mine[population=4]" in outcome.out, outcome.err


def test_a_base_of_ones_own_is_no_second_plugin(tmp_path):
    text = """
from methods.base import Optimizer
class Base(Optimizer):
    def choose(self, space, n): return space.sample(n, self.rng)
class Middle(Base):
    def propose(self, space, representation, observed, n): return self.choose(space, n)
class Mine(Middle): pass
"""
    assert Registry((write(tmp_path / "mine.py", text),)).load("optimizer", "mine").__name__ == "Mine"


LACKING = {
    "fit": ("Representation", "def encode(self, cells): ...", "Count lacks fit"),
    "two": ("Representation", "x = 1", "Count lacks encode and fit"),
    "decoder": (
        "Representation, Decoder",
        "def encode(self, cells): ...\n    def fit(self, space, observed): ...",
        "Count lacks decode and prior",
    ),
    "nothing": ("object", "x = 1", "must define a class with base Representation or one with base Optimizer"),
    "plain": ("Optimizer", "def propose(self): ...\n    class Hyper: x = 1", "Count.Hyper is no dataclass"),
    "open": (
        "Optimizer",
        "def propose(self): ...\n    @dataclass(frozen=True)\n    class Hyper:\n        x: int",
        "Count.Hyper.x has no default",
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_an_incomplete_class_says_what_it_lacks(command, tmp_path, case):
    bases, body, said = LACKING[case]
    head = "from dataclasses import dataclass\nfrom methods.base import Decoder, Optimizer, Representation\n"
    file = write(tmp_path / "ridge.py", f"{head}class Count({bases}):\n    {body}\n")
    outcome = command("list", f"plugins={file}")
    assert outcome.code == 2 and outcome.out == "" and outcome.err.count("\n") == 1
    assert said in outcome.err and "ridge.py" in outcome.err


def test_modules_and_packages_beside_the_file(tmp_path):
    """In the command and in its workers; wherever it is started; also what a function imports."""
    head = "from amounts import ONE\nfrom parts.deep.two import ONE as OTHER\nimport loose.three"
    draws = "max(ONE + OTHER, loose.three.ONE, __import__('late').ONE)"
    file = write(tmp_path / "mine" / "mine.py", OPTIMIZER, head=head, draws=draws)
    for name in ("amounts", "parts/__init__", "parts/deep/__init__", "parts/deep/two", "loose/three", "late"):
        write(tmp_path / "mine" / f"{name}.py", "ONE = 1\n")
    for folder in (tmp_path, file.parent):
        done = harness(folder, "run", "methods=mine", f"plugins={file}", *RUN, f"results={folder / 'r'}")
        assert done.returncode == 0, done.stderr
    names = [next((folder / "r").glob("*/*/mine/*.json")).name for folder in (tmp_path, file.parent)]
    assert names[0] == names[1]


def test_a_file_beside_it_hides_no_module_of_python(tmp_path):
    file = write(tmp_path / "p" / "mine.py", OPTIMIZER, head="import random, numpy\nrandom.random()")
    for name in ("random", "numpy", "statistics", "torch"):
        write(tmp_path / "p" / f"{name}.py", "raise RuntimeError('the wrong one')\n")
    done = harness(tmp_path, "run", "methods=mine", f"plugins={file}", *RUN)
    assert done.returncode == 0, done.stderr


def test_helpers_of_one_name_in_two_folders(command, tmp_path):
    """They are told apart from one command to the next, and never mixed up within one."""
    files = [
        write(tmp_path / name / f"{name}.py", OPTIMIZER, head="from helper import N", draws="N")
        for name in "ab"
    ]
    for number, file in enumerate(files, 1):
        write(file.parent / "helper.py", f"N = {number}\n")
    for number, file in enumerate(files, 1):
        module = sys.modules[Registry((file,)).load("optimizer", file.stem).__module__]
        assert number == module.N
    outcome = command("list", f"plugins={files[0]},{files[1]}")
    assert outcome.code == 2 and "both have a module 'helper' beside them" in outcome.err


MARKED = {
    "bom": b"\xef\xbb\xbf" + OPTIMIZER.format(head="", draws="n").encode(),
    "latin": b"# -*- coding: latin-1 -*-\nNAME = '\xe9'\n" + OPTIMIZER.format(head="", draws="n").encode(),
    "crlf": OPTIMIZER.format(head="", draws="n").replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("case", MARKED)
def test_byte_order_marks_and_coding_lines_are_read(command, tmp_path, case):
    file = write(tmp_path / "mine.py", MARKED[case])
    outcome = command("run", "methods=mine", f"plugins={file}", *RUN, f"results={tmp_path / 'r'}")
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize("name", [".", "_reference", "a+b", "a b", "-x", "é"])
def test_a_name_that_no_method_can_have_is_refused_before_anything_runs(command, tmp_path, name):
    file = write(tmp_path / f"{name}.py", "raise RuntimeError('it ran')\n")
    for words in (["list"], ["run", "methods=random"]):
        outcome = command(*words, f"plugins={file}")
        assert outcome.code == 2 and outcome.err.count("\n") == 1
        assert f"'{name}' cannot be a name" in outcome.err and "it ran" not in outcome.err


@pytest.mark.parametrize("name", ["ngae-noc", "random", "one_hot"])
def test_a_name_of_what_is_built_in_is_refused(tmp_path, name):
    with pytest.raises(HarnessError, match=f"would hide the plugin '{name}': rename it"):
        Registry((write(tmp_path / f"{name}.py", OPTIMIZER),))


EXITS = {
    "import sys; sys.exit(5)": "it calls sys.exit(5)",
    "import sys; sys.exit()": "it calls sys.exit()",
    "raise SystemExit('no more')": "it calls sys.exit('no more')",
    "import os; os._exit(7)": "it calls os._exit(7)",
    "from os import _exit; _exit(7)": "it calls os._exit(7)",
    "raise type('Odd', (BaseException,), {})('two\\n\\nlines')": "two",
    "import helper": "helper.py, line 1: ",
    "1 +": "mine.py, line 1: ",
}


@pytest.mark.parametrize("line", EXITS)
def test_whatever_happens_at_import_is_one_sentence(tmp_path, line):
    write(tmp_path / "mine.py", line.replace("{}", "{{}}"))
    write(tmp_path / "helper.py", "def (\n")
    done = harness(tmp_path, "list", "plugins=./mine.py")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert "mine.py" in done.stderr and EXITS[line] in done.stderr


@pytest.mark.parametrize("words", ["run methods=random", "report"])
def test_every_command_says_so(command, stored, tmp_path, words):
    file = write(tmp_path / "mine.py", "raise SystemExit(5)\n")
    outcome = command(*words.split(), f"plugins={file}", f"results={stored[0]}")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "it calls sys.exit(5)" in outcome.err


def test_exiting_is_refused_during_the_import_alone(tmp_path):
    head = "from os import _exit\nimport os\nBEFORE = os._exit"
    file = write(tmp_path / "mine.py", OPTIMIZER, head=head)
    code = (
        f"import os; from pathlib import Path; from harness.study.registry import Registry\nown = os._exit\n"
        f"cls = Registry((Path({str(file)!r}),)).load('optimizer', 'mine')\nassert os._exit is own\n"
        "__import__('sys').modules[cls.__module__]._exit(3)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 3


def test_what_a_file_prints_at_import_is_no_result(tmp_path):
    file = write(tmp_path / "mine.py", OPTIMIZER, head="print('hello')")
    done = harness(tmp_path, "run", "methods=mine", f"plugins={file}", *RUN)
    assert done.returncode == 0 and "hello" in done.stderr and "hello" not in done.stdout


def test_a_file_that_is_no_python_by_name(tmp_path):
    with pytest.raises(HarnessError, match=r"mine\.txt: its name must end in \.py"):
        Registry((write(tmp_path / "mine.txt", OPTIMIZER),))


def test_an_edit_is_seen_in_the_same_process(tmp_path):
    """The class and its version are always of one text, whichever of its modules was edited."""
    file = write(tmp_path / "mine.py", OPTIMIZER, head="from helper import N", draws="N")
    seen = []
    for number in (1, 2, 1):
        write(tmp_path / "helper.py", f"N = {number}\n")
        registry = Registry((file,))
        module = sys.modules[registry.load("optimizer", "mine").__module__]
        seen.append((number, module.N, registry.version("optimizer", "mine")))
    assert [loaded for _, loaded, _ in seen] == [1, 2, 1]
    assert seen[0][2] == seen[2][2] != seen[1][2]


def test_code_that_changed_since_the_study_was_made_is_refused(study, tmp_path, carry_out):
    file = write(tmp_path / "mine.py", OPTIMIZER, head="from helper import N", draws="N")
    write(tmp_path / "helper.py", "N = 1\n")
    (spec,) = study("methods=mine", "seeds=1", "budget=12", plugins=(file,))
    write(tmp_path / "helper.py", "N = 2\n")
    with pytest.raises(HarnessError, match="mine: its code changed while the study ran"):
        carry_out(spec, plugins=(file,))
