"""A district's report as a page without a form: opening, big figures, parts, tables of ready words.

Every format that is read by people lays this out; ``reports/formats/district_*.py`` know nothing of what the
words say.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from reports.board_words import Part
from reports.district import DistrictReport
from reports.district_board_words import parts
from reports.district_methods import methods, quality, source_note
from reports.district_tables import DASH, Table, tables
from reports.district_words import headline, lead, not_over
from reports.period_words import period_name, period_span, report_title
from reports.sentences import rate
from reports.week_words import moment
from reports.wording import say


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the big numbers: its name, the number and its unit, and what it rests on."""

    kind: str
    name: str
    number: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class DistrictPage:
    """All that is said, in the order in which it is read."""

    verdict: str
    lead: tuple[str, ...]
    name: str
    title: str
    period: str
    not_over: str | None
    figures: tuple[Figure, ...]
    parts: tuple[Part, ...]
    quality: tuple[str, ...]
    source: str
    tables: tuple[Table, ...]
    methods: tuple[tuple[str, str], ...]
    made: str


def district_page(report: DistrictReport) -> DistrictPage:
    """The page of a report."""
    zone = ZoneInfo(report.timezone)
    return DistrictPage(
        verdict=headline(report),
        lead=lead(report),
        name=report.place.name,
        title=report_title(report.period),
        period=f"{period_name(report.period)}, {period_span(report.period, zone)}",
        not_over=not_over(report),
        figures=_figures(report),
        parts=parts(report),
        quality=tuple(quality(report)),
        source=source_note(report),
        tables=tables(report),
        methods=methods(report),
        made=say(
            "Made {moment}, times are {zone}.", moment=moment(report.made_at, zone), zone=report.timezone
        ),
    )


def _figures(report: DistrictReport) -> tuple[Figure, ...]:
    """Gap, what is asked, schools that meet, people who lack their share."""
    if report.place.scope == "site":
        return _site_figures(report)
    known = report.circuits_judged == len(report.circuits)
    source = say("Circuits' gaps added up")
    if not known:
        judged, many = f"{report.circuits_judged:,}", f"{len(report.circuits):,}"
        source = say("At least: {n} of {all} circuits are known well enough", n=judged, all=many)
    gap = report.shortfall_mbps
    number, _, unit = rate(gap).partition(" ")
    if gap == 0:
        number, unit = say("None") if known else DASH, ""
    wanted = report.required.rates.down_mbps or report.required.rates.up_mbps
    asks, _, mbps = rate(wanted).partition(" ")
    return (
        Figure("gap" if report.circuits_short else "", say("Gap"), number, unit, source),
        Figure("", say("Recommended"), asks, mbps, report.asked.target.name),
        Figure(
            "",
            say("Schools that meet it"),
            f"{report.counts['meets']:,}",
            say("of {n}", n=f"{len(report.schools):,}"),
            say("{n} without evidence or silent",
                n=report.counts["not enough evidence"] + report.counts["silent"]),
        ),
        Figure(
            "",
            say("People lacking it"),
            DASH if report.people_lacking is None else f"{report.people_lacking:,}",
            "" if report.people is None else say("of {n}", n=f"{report.people:,}"),
            say("Behind circuits that are known"),
        ),
    )  # fmt: skip


def _site_figures(report: DistrictReport) -> tuple[Figure, ...]:
    """The same of one site: its own gap, and not that of the circuit that it may share."""
    one = next(iter((*report.schools, *report.gateways)), None)
    gap = one.gap if one else None
    short = gap is not None and gap.verdict == "short"
    way = {"down": say("Download"), "up": say("Upload"), None: say("Not measured")}[gap.way if gap else None]
    none = gap is not None and gap.shortfall_mbps == 0
    return (
        _number("", say("Delivered"), rate(gap.delivered_mbps if gap else None), way),
        _number("", say("Recommended"), rate(gap.required_mbps if gap else None), report.asked.target.name),
        _number(
            "gap" if short else "",
            say("Gap"),
            say("None") if none else rate(gap.shortfall_mbps if gap else None),
            say("Recommended less delivered"),
        ),
        Figure(
            "",
            say("People served"),
            DASH if gap is None or gap.people_served is None else f"{gap.people_served:,}",
            "" if gap is None or gap.people is None else say("of {n}", n=f"{gap.people:,}"),
            say("At the recommended rate"),
        ),
    )


def _number(kind: str, name: str, words: str, source: str) -> Figure:
    number, _, unit = words.partition(" ")
    return Figure(kind, name, number, unit, source)
