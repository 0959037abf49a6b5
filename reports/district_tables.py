"""A district's report as tables of ready words: schools, circuits, districts, days, how complete data is.

The longest lists are cut where a page would be a book; data formats have all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from reports.district import STATES, CircuitStanding, DistrictReport, SchoolStanding, State
from reports.district_words import bounds
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


def tables(report: DistrictReport) -> tuple[Table, ...]:
    """Those that have a row, in the order in which they are read."""
    found = (_schools(report), _circuits(report), _districts(report), _days(report), _coverage(report))
    return tuple(table for table in found if table.rows)


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
