"""A text template makes headings, points, notes and charts; what is inserted makes none of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.outline import Block, inserted, outline, plain, slides


def test_each_mark_makes_its_block() -> None:
    text = "# Title\n## Smaller\n- one\n- two\n> said\n[chart days]\nand words"
    assert [(block.kind, block.text) for block in outline(text)] == [
        ("heading", "Title"),
        ("smaller", "Smaller"),
        ("point", "one"),
        ("point", "two"),
        ("note", "said"),
        ("chart", "days"),
        ("paragraph", "and words"),
    ]


def test_lines_of_a_paragraph_are_joined_and_an_empty_line_ends_it() -> None:
    assert [block.text for block in outline("one\ntwo\n\n  three\n- four\nfive")] == [
        "one two",
        "three",
        "four",
        "five",
    ]


@pytest.mark.parametrize("name", ["# 1 school", "## Second", "- minus", "> more", "[chart people]", "a\n# b"])
def test_a_name_makes_no_mark(name: str) -> None:
    """At the beginning of a line and after a mark."""
    words = " ".join(name.split())
    assert outline(inserted(name)) == (Block("paragraph", words),)
    assert outline(f"- {inserted(name)}") == (Block("point", words),)


@given(st.text())
def test_whatever_is_inserted_is_one_paragraph_or_nothing(name: str) -> None:
    """And none of the signs that mark it stays."""
    found = outline(inserted(name))
    assert [block.kind for block in found] in ([], ["paragraph"])
    assert all("\ue000" not in block.text for block in found)


@given(st.text())
def test_any_text_is_an_outline(text: str) -> None:
    """A template can be odd, and nothing breaks."""
    found = outline(text)
    assert all(block.text for block in found)
    assert sum(map(len, slides(found))) == len(found)
    plain(found)


def test_as_text_a_paragraph_is_one_line_and_points_stand_together() -> None:
    """Notes and charts are for slides."""
    text = "# Title\n\nA\nb\n\n- one\n- two\n> note\n[chart days]\n\nend"
    assert plain(outline(text)) == "Title\n\nA b\n\n- one\n- two\n\nend\n"


def test_a_slide_begins_at_each_heading() -> None:
    parts = slides(outline("before\n# One\na\n# Two\n- b\n> c"))
    assert [[block.text for block in part] for part in parts] == [["before", "One", "a"], ["Two", "b", "c"]]
