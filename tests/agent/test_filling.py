"""Answers are put into a settings file, and all else in it stays as it was."""

from __future__ import annotations

import tomllib

import pytest

from agent.setup.filling import Answers, filled, written
from agent.shipped import commented_settings
from reports.faults import ConfigFault

ANSWERS: Answers = {
    "site": {"name": 'The "North" School', "students": 420},
    "contract": {"down_mbps": 500, "up_mbps": 50.5},
}


def test_the_shipped_file_keeps_every_comment() -> None:
    """But for the four lines that are set; their keys stand where they were shown."""
    shipped = commented_settings()
    made = filled(shipped, ANSWERS, "agent.toml")
    assert {table: keys for table, keys in tomllib.loads(made).items() if keys} == ANSWERS
    changed = [(a, b) for a, b in zip(shipped.splitlines(), made.splitlines(), strict=True) if a != b]
    assert changed == [
        ('# name = "This site"', 'name = "The \\"North\\" School"'),
        ("# students = 420", "students = 420"),
        ("# down_mbps = 500", "down_mbps = 500"),
        ("# up_mbps = 500", "up_mbps = 50.5"),
    ]


def test_a_second_time_changes_nothing() -> None:
    made = filled(commented_settings(), ANSWERS, "agent.toml")
    assert filled(made, ANSWERS, "agent.toml") == made


def test_what_somebody_wrote_stays_and_its_remark_with_it() -> None:
    text = '[site]   # ours\nname = "Old"  # since 1952\nguests = 3\n\n[erate]\nlocale = "rural"\n'
    made = filled(
        text, {"site": {"name": "New", "staff": 5}, "upload": {"collector": "https://c.example"}}, "x"
    )
    assert made == (
        '[site]   # ours\nstaff = 5\nname = "New"  # since 1952\nguests = 3\n\n[erate]\nlocale = "rural"\n'
        '\n[upload]\ncollector = "https://c.example"\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        'site = { name = "Old" }\n',
        'site.name = "Old"\n',
        '[site]\nname = """\nOld"""\n',
        '[contract]\nprovider = """\n[site]\n"""\n[site]\nname = "Old"\n',
    ],
)
def test_a_layout_it_can_not_cope_with_is_told(text: str) -> None:
    with pytest.raises(ConfigFault, match=r"agent\.toml: laid out so that setup can't change it"):
        filled(text, {"site": {"name": "New"}}, "agent.toml")


def test_values_are_written_as_toml_has_them() -> None:
    for value in (True, False, 3, 2.5, 'é\t"\\', ["a", "b"], tomllib.loads("a = 2028-06-30")["a"]):
        assert tomllib.loads(f"a = {written(value)}")["a"] == value
