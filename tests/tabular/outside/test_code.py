"""The digest of somebody's code: all it imports from its own home, and nothing else."""

import sys
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from tabular.outside.code import Home, digest_of, home_of, imported
from tabular.outside.files import PREFIX, use_files

FILES = {
    "mine.py": "import helper\nimport numpy, random\nimport tabular.cells\nimport package.inner.leaf\n",
    "helper.py": "def f():\n    from package import branch\n    import_module('written')\nimport_module(f)",
    "package/__init__.py": "from .early import X\n",
    "package/early.py": "X = 1\n",
    "package/branch.py": "from .inner import other as it\nfrom . import early\nfrom ... import nowhere\n",
    "package/inner/__init__.py": "",
    "package/inner/leaf.py": "from ..sibling import *\n",
    "package/inner/other.py": "import helper\n",
    "package/sibling.py": "from importlib import import_module\nimport_module('.late', __package__)\n",
    "package/late.py": "",
    "package/unused.py": "",
    "written.py": "def (\n",
    "random.py": "",
    "numpy.py": "",
    "unused.py": "import mine\n",
}
OWN = {
    "helper", "package", "package.early", "package.branch", "package.inner", "package.inner.leaf",
    "package.inner.other", "package.sibling", "package.late", "written",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    yield tmp_path
    use_files(())


def of_file(folder):
    use_files((folder / "mine.py",))
    return imported(f"{PREFIX}mine", folder / "mine.py", Home(folder))


def test_all_modules_beside_a_file_that_it_imports(folder):
    before = set(sys.modules)
    assert set(of_file(folder)) == OWN
    assert not (set(sys.modules) - before) & OWN  # read, not imported


@pytest.mark.parametrize("name", FILES)
def test_an_edit_of_these_alone_changes_the_digest(folder, name):
    before = digest_of(folder / "mine.py", of_file(folder))
    (folder / name).write_text(FILES[name] + "# edited\n")
    module = name.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    changed = digest_of(folder / "mine.py", of_file(folder)) != before
    assert changed == (module in OWN | {"mine"})


def test_the_digest_does_not_depend_on_the_place(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    for name, text in FILES.items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_text(text)
    one, two = (digest_of(each / "mine.py", of_file(each)) for each in (folder, other))
    assert one == two


def distribution(folder, **files):
    info = folder / "some-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: some\nVersion: 1\n")
    for name, text in files.items():
        (info / f"{name}").write_text(text)
    return PathDistribution(info)


@pytest.mark.parametrize("place", ["src", "site-packages"])
def test_the_home_of_an_installed_module(folder, monkeypatch, place):
    """In a folder of its own (editable) all beside it; in a library what the distribution lists."""
    root = folder.rename(folder.parent / place) if not (folder.parent / place).exists() else folder
    monkeypatch.syspath_prepend(str(root))
    some = distribution(root, **{"top_level.txt": "package\nwritten\n"})
    home = home_of("package", some)
    found = set(imported("package.branch", root / "package" / "branch.py", home))
    assert "package.inner.other" in found and ("helper" in found) == (place == "src")
    assert "package.branch" not in found and "package" in found


def test_our_own_packages_belong_to_nobody_else(root):
    found = imported("x", root / "methods" / "base.py", Home(root))
    assert found == {}


def test_a_home_that_lists_its_files(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    some = distribution(folder, RECORD="package/__init__.py,,\nwritten.py,,\n")
    assert {"package", "written"} <= home_of("package", some).tops
    assert Path(folder) == home_of("package", None).folder
