"""README and docs: short enough, no dead link, every test named exists, the table is current."""

import re
from pathlib import Path

import pytest

from benchmarks import recipes

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_or_picture_leads_nowhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    here = [target for target in targets if not target.startswith("http")]
    assert [target for target in here if not (page.parent / target).exists()] == []


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 1300


def test_every_promise_has_its_test():
    text = (ROOT / "docs" / "RELIABILITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]*test_\w+\.py)`", text))
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    assert named
    assert {f"tests/{name}" for name in named} - there == set()


def test_the_table_of_recipes_is_that_of_its_file(tmp_path, monkeypatch):
    page = tmp_path / "RECIPES.md"
    text = recipes.PAGE.read_text(encoding="utf-8")
    begin, end = text.index(recipes.BEGIN), text.index(recipes.END)
    page.write_text(text[:begin] + recipes.BEGIN + "\nold\n" + text[end:], encoding="utf-8")
    monkeypatch.setattr(recipes, "PAGE", page)
    recipes.write_page()
    assert page.read_text(encoding="utf-8") == text
