"""What a report opens with, in its order, for every format that has a first page.

What is supposed, the verdict, what it means in people, whose report of which time it is, what somebody has to
tell, and then the parts that a board reads. A format lays these out and adds figures and charts of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.board_words import Part, board_parts, per_user, what_if_note
from reports.period_words import period_name, period_span, report_title
from reports.week import WeeklyReport
from reports.week_words import demanded, headline, not_over, served, to_set


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The opening; what there is nothing to say of is None. ``lead`` are sentences on the verdict."""

    what_if: str | None
    verdict: str
    lead: tuple[str, ...]
    name: str
    title: str
    period: str
    not_over: str | None
    to_set: str | None
    parts: tuple[Part, ...]


def first_page(report: WeeklyReport) -> FirstPage:
    """The opening of a report."""
    return FirstPage(
        what_if=what_if_note(report),
        verdict=headline(report),
        lead=_lead(report),
        name=report.site.name,
        title=report_title(report.period),
        period=f"{period_name(report.period)}, {period_span(report.period, report.hours.zone)}",
        not_over=not_over(report),
        to_set=to_set(report),
        parts=board_parts(report),
    )


def _lead(report: WeeklyReport) -> tuple[str, ...]:
    """What the verdict means in people and for each of them, and what the school uses."""
    lead = report.gaps[0] if report.gaps else None
    people = (served(lead, supposed=bool(report.what_if)), per_user(lead)) if lead else ()
    return tuple(words for words in (*people, demanded(report)) if words)
