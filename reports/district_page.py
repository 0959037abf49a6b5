"""A district's report as a page without a form: opening, big figures, parts, tables of ready words.

Every format that is read by people lays this out; ``reports/formats/district_*.py`` know nothing of what the
words say. The longest lists are cut where a page would be a book; data formats have all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from reports.board_words import Part
from reports.district import STATES, CircuitStanding, DistrictReport, SchoolStanding, State
from reports.district_board_words import parts
from reports.district_methods import methods, quality, source_note
from reports.district_words import bounds, headline, lead, not_over
from reports.period_words import period_name, period_span, report_title
from reports.sentences import percent, rate, verdict_word
from reports.week_words import duration, moment, short_day
from reports.wording import say, say_as, say_many

LISTED = 400
"""Rows of a table; with more, the last line says where the others are."""
DASH = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column; ``wide`` ones are left out where there are 80 characters."""

    head: str
    right: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of ready words, the name first."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


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
    tables = [_schools(report), _circuits(report), _districts(report), _days(report), _coverage(report)]
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
        tables=tuple(table for table in tables if table.rows),
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


def state_words(state: str) -> str:
    """How a school or circuit stands, in a word."""
    return say("silent") if state == "silent" else verdict_word(state)


def state_head(state: State) -> str:
    """What a column of so many schools that stand so is called."""
    words: dict[State, str] = {
        "short": say_as("schools", "short"),
        "not enough evidence": say_as("schools", "not enough evidence"),
        "silent": say_as("schools", "silent"),
        "meets": say_as("schools", "meets"),
    }
    return words[state]


def _schools(report: DistrictReport) -> Table:
    columns = (
        Column(say("School")),
        Column(say("Stands")),
        Column(say("Delivered"), right=True),
        Column(say("Asked"), right=True),
        Column(say("Gap"), right=True),
        Column(say("Met"), right=True),
        Column(say("Heard, or what is missing"), wide=True),
    )
    sites = report.schools or report.gateways
    rows = [_school(report, one) for one in sites[:LISTED]]
    note = say("Rates in Mbps, in the direction that falls shortest. The worst gap first.")
    title = say("Against the target") if report.place.scope == "site" else say("All schools")
    return Table(title, columns, tuple(rows), " ".join((note, *_cut(len(report.schools)))))


def _school(report: DistrictReport, one: SchoolStanding) -> tuple[str, ...]:
    gap, zone = one.gap, ZoneInfo(report.timezone)
    if one.state == "silent":
        note = (
            say("never heard")
            if one.heard_at is None
            else say("silent since {when}", when=moment(one.heard_at, zone))
        )
    elif gap is None:
        note = say("no summary of this time")
    else:
        note = "; ".join(gap.missing)
    bound = gap is not None and gap.at_least
    return (
        one.site.name,
        state_words(one.state),
        ("≥ " if bound else "") + _mbps(gap.delivered_mbps if gap else None),
        _mbps(gap.required_mbps if gap else None),
        _lacking(gap.shortfall_mbps if gap else None),
        percent(gap.share_met if gap else None),
        note,
    )


def _circuits(report: DistrictReport) -> Table:
    columns = (
        Column(say("Circuit")),
        Column(say("Schools"), right=True),
        Column(say("Contract"), right=True),
        Column(say("Delivered"), right=True),
        Column(say("Demand, 95 %"), right=True),
        Column(say("Asked"), right=True),
        Column(say("Gap"), right=True),
        Column(say("A month at target"), right=True, wide=True),
        Column(say("Verdict, or what is missing"), wide=True),
    )
    rows = [_circuit(one) for one in report.circuits[:LISTED]]
    note = say(
        "Down, in Mbps; each circuit once. A circuit that several schools share has its demand as bounds."
    )
    return Table(say("Circuits"), columns, tuple(rows), " ".join((note, *_cut(len(report.circuits)))))


def _circuit(one: CircuitStanding) -> tuple[str, ...]:
    gap = one.gap
    missing = "; ".join(gap.missing) if gap else say("no summary of this time")
    if one.circuit.unheard:
        missing = "; ".join(part for part in (missing, _not_heard(len(one.circuit.unheard))) if part)
    cost = one.cost.target_monthly if one.cost else None
    return (
        one.circuit.site.name,
        f"{len(one.circuit.schools)}" + (f" (+{one.elsewhere})" if one.elsewhere else ""),
        _mbps(one.circuit.contract.down_mbps),
        ("≥ " if gap and gap.at_least else "") + _mbps(gap.delivered.down_mbps if gap else None),
        bounds(one.p95.down).replace(" Mbps", ""),
        _mbps(gap.required.down_mbps if gap else None),
        _lacking(gap.shortfall_mbps if gap else None),
        DASH if cost is None or one.cost is None else f"{cost:,.0f} {one.cost.currency}",
        "; ".join(part for part in (state_words(gap.verdict) if gap else "", missing) if part),
    )


def _not_heard(count: int) -> str:
    return say_many("{n} school not heard", "{n} schools not heard", count)


def _districts(report: DistrictReport) -> Table:
    columns = (
        Column(say("District")),
        *(Column(state_head(state), right=True) for state in STATES),
        Column(say("Asked"), right=True),
        Column(say("Gap"), right=True),
    )
    rows = [
        (
            one.name,
            *(f"{one.counts[state]:,}" for state in STATES),
            _mbps(one.required_mbps),
            _lacking(one.shortfall_mbps),
        )
        for one in report.districts[:LISTED]
    ]
    note = say("Schools by how they stand; gap of the circuits that are known, in Mbps.")
    return Table(say("Districts"), columns, tuple(rows), " ".join((note, *_cut(len(report.districts)))))


def _days(report: DistrictReport) -> Table:
    """A single site's days."""
    zone = ZoneInfo(report.timezone)
    columns = (
        Column(say("Day")),
        Column(say_as("column", "Data found"), right=True),
        Column(say("95 %, down"), right=True),
        Column(say("95 %, up"), right=True),
        Column(say("Delivered"), right=True),
        Column(say("Tests"), right=True),
        Column(say_as("column", "Outages"), right=True),
    )
    rows = [
        (
            short_day(day.starts_at.astimezone(zone).date()),
            percent(day.usage_school.coverage),
            _mbps(day.usage_school.p95.down_mbps),
            _mbps(day.usage_school.p95.up_mbps),
            _mbps(day.capacity.typical.down_mbps),
            f"{day.capacity.tests_trusted:,}",
            _out(day.outage_minutes),
        )
        for day in report.days
    ]
    return Table(
        say("Day by day"),
        columns,
        tuple(rows),
        say("In Mbps and in school hours; delivered is down, tests are trusted ones."),
    )


def _coverage(report: DistrictReport) -> Table:
    long = report.period.kind != "week"
    columns = (
        Column(say("Site")),
        *((Column(say("Weeks"), right=True), Column(say_as("weeks", "short"), right=True)) if long else ()),
        Column(say_as("column", "Data found"), right=True),
        Column(say_as("column", "Trusted"), right=True),
        Column(say_as("column", "Untrusted"), right=True),
        Column(say_as("column", "Failed"), right=True, wide=True),
        Column(say("Demand, 95 %"), right=True, wide=long),
        Column(say_as("column", "Outages"), right=True),
    )
    sites = (*report.gateways, *report.schools)
    rows = [
        (
            one.site.name,
            *((f"{one.weeks_told:,}", f"{one.weeks_short:,}") if long else ()),
            percent(one.coverage),
            f"{one.tests_trusted:,}",
            percent(one.untrusted_share),
            f"{one.tests_failed:,}",
            bounds(one.p95.down).replace(" Mbps", ""),
            _out(one.outage_minutes),
        )
        for one in sites[:LISTED]
    ]
    note = say(
        "Data found is the share of school hours' five-minute means, untrusted that of the tests. Demand is "
        "down, in Mbps."
    )
    return Table(say("Data, site by site"), columns, tuple(rows), " ".join((note, *_cut(len(sites)))))


def _cut(count: int) -> Iterable[str]:
    if count > LISTED:
        yield say("{n} more are in the report as CSV, XLSX or JSON.", n=f"{count - LISTED:,}")


def _mbps(figure: float | None) -> str:
    return rate(figure).removesuffix(" Mbps")


def _lacking(figure: float | None) -> str:
    return say("none") if figure == 0 else _mbps(figure)


def _out(count: float | None) -> str:
    return DASH if count is None else duration(count * 60) if count else "0 min"


def brief(words: str, width: int) -> str:
    """At most so many characters, the last of a longer text an ellipsis."""
    return words if len(words) <= width else words[: width - 1] + "…"


def shown(columns: Sequence[Column], row: Sequence[str]) -> list[str]:
    """What of a row stands in 80 characters."""
    return [cell for column, cell in zip(columns, row, strict=True) if not column.wide]
