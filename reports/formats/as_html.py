"""The report as one self-contained page: a first page in plain words, then the technical part.

No script, no font, no picture and no request to anywhere: styles and charts are inside, links to the sources
of targets are only links.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.bars import bars
from reports.charts import SIZES
from reports.days import parts_of
from reports.deadline_words import date_lines, forced_by
from reports.first_page import first_page
from reports.formats.html_templates import PAGES, count, sentence
from reports.headroom import OPERATOR_PRACTICE
from reports.headroom_words import CONGESTED, INTERVALS, congestion_lines, cost_lines, headroom_lines
from reports.heat import HeatMap, heat_map
from reports.hole_words import missing
from reports.long_charts import capacity_chart, demand_chart, demand_key
from reports.outage_words import more_outages, outage_lines, outages, probing
from reports.outlook_words import course_lines
from reports.period_words import (
    all_of,
    by_part,
    date_words,
    part_head,
    period_name,
    period_span,
    the,
    the_whole,
    this,
)
from reports.sample_words import found_columns, legend
from reports.sentences import percent, rate
from reports.series import series_notes
from reports.tests_listed import LISTED, listed, unlisted
from reports.tests_set_aside import NO_VERDICT, more_set_aside, set_aside
from reports.week import WeeklyReport
from reports.week_methods import PRIVACY, methods, source_note
from reports.week_words import (
    clock_words,
    connection_words,
    coverage,
    delivered_from,
    demanded,
    made,
    no_demand,
    not_over,
    numbers,
    tally,
)
from reports.wording import capital, say, small

DASH = "–"


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the big numbers: its name, the number and its unit, and what it rests on."""

    kind: str
    name: str
    number: str
    unit: str
    source: str


def html_page(report: WeeklyReport) -> str:
    """The page; the same report always gives the same bytes."""
    zone = report.hours.zone
    parts = parts_of(report)
    tests = listed(report, LISTED)
    demand_plots = [plot for size in SIZES if (plot := demand_chart(report, size, parts))]
    opening = first_page(report)
    return PAGES.get_template("weekly.html").render(
        report=report,
        zone=zone,
        headline=opening.verdict,
        what_if=opening.what_if,
        lead=opening.lead,
        board=opening.parts,
        to_set=opening.to_set,
        title=opening.title,
        period_name=period_name(report.period),
        period_span=period_span(report.period, zone),
        this=this(report.period),
        the=the(report.period),
        all_of=all_of(report.period),
        the_whole=the_whole(report.period),
        by_part=by_part(report.period),
        part_head=part_head(report.period),
        figures=_figures(report),
        numbers=numbers(report),
        bars=bars(report),
        demand_plots=demand_plots,
        demand_key=demand_key(report),
        no_demand=no_demand(report),
        week_desc=" ".join(
            words
            for words in (
                demanded(report),
                say("Data was found for {means}.", means=coverage(report.summary.usage)),
                outages(report),
                *(f"{level.words}." for plot in demand_plots[:1] for level in plot.beyond),
            )
            if words
        ),
        capacity_plots=[plot for size in SIZES if (plot := capacity_chart(report, size, parts))],
        tally=tally(report),
        tests=tests,
        unlisted=unlisted(report, LISTED),
        found=(found := found_columns([test for test in tests if test.outcome == "ok"])),
        legend=legend(found),
        set_aside=set_aside(report, LISTED),
        more_set_aside=more_set_aside(report, LISTED),
        no_verdict=say(NO_VERDICT),
        outages=outages(report),
        outage_lines=outage_lines(report),
        more_outages=more_outages(report),
        probing=probing(report),
        parts=parts,
        facts=_facts(report),
        bought=_bought(report),
        headroom=headroom_lines(report),
        operators=say(OPERATOR_PRACTICE),
        intervals=say(INTERVALS),
        congestion=congestion_lines(report),
        congested=say(CONGESTED),
        outlooks=[
            (way, lines)
            for way, seen in ((say("Download"), report.outlook.down), (say("Upload"), report.outlook.up))
            if (lines := course_lines(seen))
        ],
        dates=date_lines(report),
        forced_by=forced_by(report),
        costs=cost_lines(report),
        faults=report.faults,
        heat=(heat := heat_map(report)),
        heat_words=_heat_words(heat),
        methods=methods(report),
        privacy=say(PRIVACY),
        made=made(report),
        source_note=source_note(report),
    )


def _heat_words(heat: HeatMap | None) -> str:
    """What the shades of the map stand for, and where its busiest hour is."""
    if heat is None:
        return ""
    busiest, day = max((cell.mbps or 0.0, name) for name, cells in heat.rows for cell in cells)
    hour = next(c.hour for name, cells in heat.rows if name == day for c in cells if c.mbps == busiest)
    figures = {"full": rate(heat.full_mbps), "hour": f"{day} {hour:02d}:00", "rate": rate(busiest)}
    if heat.of_capacity:
        return say(
            "Download in Mbps, the 95th percentile of each hour's five-minute means. Shades are fifths of "
            "the delivered capacity, {full}; an empty cell is an hour in which nothing was counted; school "
            "hours are in bold. The busiest hour is {hour} with {rate}.",
            **figures,
        )
    return say(
        "Download in Mbps, the 95th percentile of each hour's five-minute means. Shades are fifths of the "
        "busiest hour, {full}; an empty cell is an hour in which nothing was counted; school hours are in "
        "bold. The busiest hour is {hour} with {rate}.",
        **figures,
    )


def _figures(report: WeeklyReport) -> list[Figure]:
    """The big numbers; without a target set only what was delivered and demanded."""
    capacity = report.summary.capacity
    median = small(delivered_from(capacity, report.gaps[0] if report.gaps else None))
    if not report.gaps:
        typical, p95 = capacity.typical.down_mbps, report.summary.usage_school.p95.down_mbps
        return [
            _figure("", say("Delivered"), typical, say("Download, {median}", median=median)),
            _figure("", say("Demanded"), p95, say("Download, 95 % of school hours")),
        ]
    lead = report.gaps[0]
    delivered = capital(median)
    if lead.way == "down":
        delivered = say("Download, {median}", median=median)
    elif lead.way == "up":
        delivered = say("Upload, {median}", median=median)
    if report.what_if and report.what_if.capacity_down_mbps is not None and lead.way == "down":
        delivered = say("Download, supposed")
    less = say("Recommended less delivered")
    return [
        _figure("", say("Delivered"), lead.delivered_mbps, delivered),
        _figure("", say("Recommended"), lead.required_mbps, f"{lead.target.name}. {lead.terms}".rstrip(" .")),
        _figure("gap" if lead.verdict == "short" else "", say("Gap"), lead.shortfall_mbps, less)
        if lead.shortfall_mbps != 0
        else Figure("", say("Gap"), capital(say("none")), "", less),
        Figure(
            "",
            say("People served"),
            count(lead.people_served),
            "" if lead.people is None else say("of {people}", people=f"{lead.people:,}"),
            say("At the recommended rate"),
        ),
    ]


def _figure(kind: str, name: str, mbps: float | None, source: str) -> Figure:
    number, _, unit = rate(mbps).partition(" ")
    return Figure(kind, name, number, unit, source)


def _facts(report: WeeklyReport) -> list[tuple[str, str]]:
    """What the figures of the first page rest on: tests, and how complete the data is."""
    summary = report.summary
    facts = [
        (say("Tests"), tally(report)),
        *((say("Compared"), note) for note in series_notes(report)),
        (
            say("Data found"),
            say(
                "{means}; in school hours {share}.",
                means=coverage(summary.usage),
                share=percent(summary.usage_school.coverage),
            ),
        ),
    ]
    if words := clock_words(report):
        facts.append((say("Clock"), words))
    if lost := missing(report):
        facts.append((say("Data missing"), lost))
    if words := not_over(report):
        facts.insert(0, (say("So far"), words))
    return facts


def _bought(report: WeeklyReport) -> list[tuple[str, str]]:
    """The provider and the contract."""
    contract = report.contract
    facts: list[tuple[str, str]] = []
    if contract.provider is not None:
        facts.append((say("Provider"), contract.provider))
    connection = connection_words(contract)
    parts: list[str] = [connection] if connection else []
    if contract.monthly_cost is not None:
        price = f"{contract.monthly_cost:,.2f} {contract.currency}"
        parts.append(say("{price} a month", price=price))
    if contract.ends_on is not None:
        parts.append(say("ends {date}", date=date_words(contract.ends_on)))
    if parts:
        facts.append((say("Contract"), sentence(", ".join(parts))))
    return facts
