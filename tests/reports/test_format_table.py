"""Every format lays out every week, the same way each time, and under the name a person gives it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from reports.formats.table import FORMATS, TEXT
from reports.week import WeeklyReport
from tests.reports import example_week

WEEKS: dict[str, Callable[[], WeeklyReport]] = {
    "short": example_week.short_of_target,
    "meets": example_week.meets_target,
    "too early": example_week.too_early,
    "nothing": example_week.nothing_measured,
    "no contract": example_week.no_contract,
    "no students": example_week.no_students,
    "no targets": example_week.no_targets,
    **{f"named {kind}": partial(example_week.named, name) for kind, name in example_week.HOSTILE.items()},
}


def test_the_formats_are_these() -> None:
    """What --format knows."""
    assert list(TEXT) == ["text", "html", "md", "json", "csv", "csv-tests"]
    assert list(FORMATS) == [*TEXT, "pdf", "pdf-letter", "xlsx"]


@pytest.mark.parametrize("week", WEEKS)
@pytest.mark.parametrize("name", TEXT)
def test_every_week_can_be_laid_out(name: str, week: str) -> None:
    """A name that a template misspells is an error, so this reads every line of every template."""
    report = WEEKS[week]()
    text = TEXT[name](report)
    assert text.endswith("\n")
    assert text == TEXT[name](report)
    assert "None" not in text.replace(">None<", "")
    assert "nan" not in text.split()
