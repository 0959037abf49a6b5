"""Markdown says what the page says, as text that any renderer shows as text."""

from __future__ import annotations

import re

import pytest

from reports.formats.as_md import markdown, safe
from tests.reports import example_week

SHORT = example_week.short_of_target()


@pytest.mark.parametrize(
    "line",
    [
        "# Bluestem Consolidated School",
        "Weekly Internet capacity report: Week 47 of 2026, 16 to 22 November 2026",
        "**Short of SETDA 2023-24 by 1,102 Mbps and 394 of 458 users: 180.6 Mbps down delivered, 1,282 Mbps asked.**",
        "| Capacity | Down | Up | From |",
        "| --- | ---: | ---: | --- |",
        "| Delivered | 180.6 Mbps | 45.1 Mbps | Median of 26 trusted tests |",
        "| SETDA 2023-24 | 1,282 Mbps | 180.6 Mbps | 1,102 Mbps | 64 of 458 | short |",
        "## Day by day",
        "## Outages",
        "28 tests: 26 trusted, 1 untrusted, 1 failed. They moved 5.9 GB down and 1.5 GB up.",
        "1,980 of 2,016 five-minute means (98 %).",
    ],
)
def test_a_line_stands_there(line: str) -> None:
    assert line in markdown(SHORT).splitlines()


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    """Whatever a server is called."""
    for name in example_week.HOSTILE.values():
        cells = 0
        for line in markdown(example_week.named(name)).splitlines():
            found = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not found or not cells or found == cells, line
            cells = found


def test_what_is_not_known_is_said() -> None:
    """No table of nothing."""
    text = markdown(example_week.nothing_measured())
    assert "No throughput test was run." in text
    assert "| Delivered | – | – | No trusted test |" in text
    assert "What failed" not in text
    assert "Gap to each target" not in markdown(example_week.no_targets())


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"),
        ("[a](http://b) ![c](d)", r"\[a\](http://b) \!\[c\](d)"),
        ("*a* _b_ `c` ~d~ |", r"\*a\* \_b\_ \`c\` \~d\~ \|"),
        ("- a", r"\- a"),
        ("1. a", r"1\. a"),
        ("+ a", r"\+ a"),
        ("=====", r"\====="),
        ("# a", r"\# a"),
        ("a\n\nb\x1b[0m\u202e", "a  b \\[0m "),
        ("Lynx Lake 2.0 - North", "Lynx Lake 2.0 - North"),
    ],
)
def test_words_stay_words(words: str, written: str) -> None:
    """No markup, no entity, no block; and no more backslashes than it takes."""
    assert safe(words) == written
