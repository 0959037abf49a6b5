"""The homework gap in words: the first page's line on the homes that were checked.

It is of all areas together, and as silent on a few homes as the tally is. Without a tally there is no line:
not every district asks its families.
"""

from __future__ import annotations

from reports.homework import homework_line
from reports.week import WeeklyReport
from reports.wording import say


def homework_gap(report: WeeklyReport) -> str | None:
    """How many homes meet the benchmark, or why no number is told; None where nobody keeps a tally."""
    found = report.homework
    if found is None:
        return None
    benchmark = say(found.benchmark)
    if line := homework_line(benchmark, found.homes):
        return line
    if found.homes.checks is None:
        return say(
            "Too few checks were made in students' homes yet to tell how many meet {benchmark} without "
            "telling of a family.",
            benchmark=benchmark,
        )
    return say(
        "Of {checks} checks made in students' homes, so few met {benchmark}, or so few fell short of it, "
        "that their number would tell of a family.",
        checks=f"{found.homes.checks:,}",
        benchmark=benchmark,
    )
