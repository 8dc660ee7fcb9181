"""What the page on the structure says is so."""

import re


def test_the_way_of_a_run_is_short_and_its_files_exist(root):
    text = (root / "docs" / "architecture.md").read_text()
    files = re.findall(r"^\| \d+ \| `([^`]+)` \|", text, re.MULTILINE)
    assert 20 <= len(files) == len(set(files)) <= 24
    assert [name for name in files if not (root / name).is_file()] == []


def test_every_room_has_its_paragraph(root):
    text = (root / "docs" / "architecture.md").read_text()
    rooms = {path.name for path in (root / "harness").iterdir() if (path / "__init__.py").is_file()}
    assert {*rooms, "tabular", "methods"} <= set(re.findall(r"^\*\*(\w+)\*\*", text, re.MULTILINE))


def test_pages_of_the_docs_link_to_what_exists(root):
    for page in [*(root / "docs").glob("*.md"), root / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"
