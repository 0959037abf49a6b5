"""The homework gap in words: the first page's line on the homes that were checked.

It is of all areas together, and as silent on a few homes as the tally is. Without a tally there is no line:
not every district asks its families.
"""

from __future__ import annotations

from reports.homework import homework_line
from reports.week import WeeklyReport


def homework_gap(report: WeeklyReport) -> str | None:
    """How many homes meet the benchmark, or why no number is told; None where nobody keeps a tally."""
    found = report.homework
    if found is None:
        return None
    if line := homework_line(found.benchmark, found.homes):
        return line
    if found.homes.checks is None:
        return (
            f"Too few checks were made in students' homes yet to tell how many meet {found.benchmark} "
            "without telling of a family."
        )
    return (
        f"Of {found.homes.checks:,} checks made in students' homes, so few met {found.benchmark}, or so few "
        "fell short of it, that their number would tell of a family."
    )
