"""The numbers that are never mixed as bars on one scale: demanded, delivered, contracted, recommended.

Their scale fits all of them, which the week's time axis can't: there a target far above the data is only
told in words. Down only, the direction that a school notices first.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.sentences import rate
from reports.week import WeeklyReport
from reports.wording import say


@dataclass(frozen=True, slots=True)
class Bar:
    """One number as a share of the longest bar; ``lacking`` is its part above what is delivered.

    ``value`` is a dash and ``share`` None where nothing is known: an unknown number has no bar.
    """

    kind: str
    words: str
    value: str
    share: float | None
    lacking: float


def bars(report: WeeklyReport) -> tuple[Bar, ...]:
    """The bars in the order demanded, delivered, contracted, recommended; none when no number is known."""
    delivered = report.summary.capacity.typical.down_mbps
    rows = [
        ("demanded", say("Demanded in school hours"), report.summary.usage_school.p95.down_mbps),
        ("delivered", say("Delivered by the line"), delivered),
        ("contracted", say("Contracted"), report.contract.down_mbps),
    ]
    if report.gaps:
        lead = report.gaps[0]
        rows.append(
            ("target", say("Recommended by {target}", target=lead.target.name), lead.required.down_mbps)
        )
    longest = max((mbps for *_, mbps in rows if mbps is not None), default=0.0)
    if longest <= 0:
        return ()
    return tuple(
        Bar(
            kind,
            words,
            rate(mbps),
            share=None if mbps is None else mbps / longest,
            lacking=max(0.0, mbps - delivered) / longest
            if kind == "target" and mbps is not None and delivered is not None
            else 0.0,
        )
        for kind, words, mbps in rows
    )
