"""Data that is missing, in words: from when to when, and why. Times are the site's own."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from reports.samples import Hole
from reports.week import WeeklyReport
from reports.week_words import moment
from reports.wording import later, say

REASONS = {
    "age": later("it is older than store.keep_five_minutes keeps"),
    "disk_full": later("the disk was nearly full"),
    "unwritable": later("the store could not be written for long, its disk was full or read-only"),
    "damaged": later("the store was damaged, and not all of it could be read"),
}
"""Why data is missing, as the end of the sentence "Data is missing from .. to ..: ..."."""


def missing(report: WeeklyReport) -> str | None:
    """What the week's figures lack because it was lost, or None."""
    first, last = report.period.starts_at, report.period.ends_at
    return (
        " ".join(
            hole_words(hole, report.hours.zone, first, last)
            for hole in report.holes
            if hole.what == "samples" and hole.starts_at < last and hole.ends_at > first
        )
        or None
    )


def hole_words(hole: Hole, zone: ZoneInfo, first: datetime, last: datetime) -> str:
    """One hole as a sentence, cut to what lies between two moments."""
    begin, end = moment(max(hole.starts_at, first), zone), moment(min(hole.ends_at, last), zone)
    why = say(REASONS[hole.reason])
    if hole.reason == "damaged":
        return say("Data may be missing from {begin} to {end}: {why}.", begin=begin, end=end, why=why)
    if hole.what == "minutes":
        return say(
            "One-minute figures are missing from {begin} to {end}: {why}.", begin=begin, end=end, why=why
        )
    return say("Data is missing from {begin} to {end}: {why}.", begin=begin, end=end, why=why)
