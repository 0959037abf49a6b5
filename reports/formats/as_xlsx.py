"""The report as a workbook: Summary, Days or Weeks, Tests, Outages, Demand, and a spreadsheet's own charts.

Made for somebody who goes on computing: numbers are numbers in the units of their heads, dates are dates, and
in Demand each five minutes that should be there has its row, empty where nothing was measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from reports.days import parts_of
from reports.first_page import first_page
from reports.formats.xlsx_pen import Cell, Column, Pen
from reports.outage_words import outages, probing
from reports.period_words import part_head, period_name, report_title
from reports.periods import SLOT_S
from reports.sample_words import judged
from reports.sentences import RUNGS, verdict_word
from reports.series import series_notes
from reports.summaries import ENOUGH_OF_A_SLOT
from reports.week import WeeklyReport
from reports.week_methods import PRIVACY, methods, source_note
from reports.week_words import (
    clock_words,
    coverage,
    demanded,
    no_demand,
    numbers,
    tally,
)
from reports.wording import later, say, say_as

ACROSS = 7
"""Columns of the summary, over which its sentences run."""
CAPACITY = (
    Column(later("Capacity")),
    Column(later("Down, Mbps"), "rate"),
    Column(later("Up, Mbps"), "rate"),
)
GAPS = (
    Column(later("Target")),
    Column(later("Asks, Mbps"), "rate"),
    Column(later("Delivered, Mbps"), "rate"),
    Column(later("Gap, Mbps"), "rate"),
    Column(later("People served"), "count"),
    Column(later("People"), "count"),
    Column(later("Verdict"), "text"),
)
PARTS = (
    Column(later("Data found"), "share"),
    Column(later("School hours, 95 % down, Mbps"), "rate"),
    Column(later("School hours, 95 % up, Mbps"), "rate"),
    Column(later("School hours, peak down, Mbps"), "rate"),
    Column(later("School hours, peak up, Mbps"), "rate"),
    Column(later("Delivered, median down, Mbps"), "rate"),
    Column(later("Delivered, median up, Mbps"), "rate"),
    Column(later("Trusted tests"), "count"),
    Column(later("Outages, minutes"), "rate"),
)
TESTS = (
    Column(later("Started"), "time", 17),
    Column(later("Engine")),
    Column(later("Server"), width=28),
    Column(later("Down, Mbps"), "rate"),
    Column(later("Up, Mbps"), "rate"),
    Column(later("Latency idle, ms"), "rate"),
    Column(later("Latency loaded, ms"), "rate"),
    Column(later("Moved down, bytes"), "count", 15),
    Column(later("Moved up, bytes"), "count", 15),
    Column(later("Counts"), "text", 8),
    Column(later("Trusted, or why not"), width=60),
)
OUTAGES = (
    Column(later("From"), "time", 17),
    Column(later("To"), "time", 17),
    Column(later("Minutes"), "rate"),
    Column(later("End seen"), "text", 9),
    Column(later("What failed"), width=70),
)
DEMAND = (
    Column(later("Five minutes from"), "time", 17),
    Column(later("Down, Mbps"), "rate"),
    Column(later("Up, Mbps"), "rate"),
    Column(later("Peak down, Mbps"), "rate"),
    Column(later("Peak up, Mbps"), "rate"),
    Column(later("Seconds observed"), "count"),
    Column(later("School hours"), "text", 8),
)


def workbook(report: WeeklyReport) -> bytes:
    """The workbook; the same report always gives the same bytes. Raises Fault without XlsxWriter."""
    pen = Pen(report.hours.zone)
    pen.book.set_properties(
        {
            "title": say(
                "{site}: Internet capacity, {week}",
                site=report.site.name,
                week=period_name(report.period),
            )[:255],
            "subject": report_title(report.period),
            "created": report.made_at.replace(tzinfo=None, microsecond=0),
        }
    )
    for write in (_summary, _parts, _tests, _outages, _demand):
        write(pen, report)
    return pen.bytes()


def _summary(pen: Pen, report: WeeklyReport) -> None:
    """The verdict, the numbers, the gaps, and what they rest on."""
    summary, opening = say("Summary"), first_page(report)
    sheet = pen.sheet(summary)
    sheet.set_portrait()
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, ACROSS - 1, 15)
    pen.put(sheet, 0, 0, opening.name, "title")
    pen.put(sheet, 1, 0, say("{report}: {dates}", report=opening.title, dates=opening.period))
    row = pen.words(sheet, 3, opening.verdict, ACROSS, "verdict")
    unknown = None if demanded(report) else no_demand(report)
    for words in (opening.what_if, *opening.lead, unknown, opening.not_over, opening.to_set):
        row = pen.words(sheet, row, words, ACROSS)
    first = row + 1
    lines = [(line.name, line.rates.down_mbps, line.rates.up_mbps, line.source) for line in numbers(report)]
    row = pen.rows(sheet, first, (*CAPACITY, Column(say_as("source", "From"), "text")), lines)
    series = [(way, [summary, first + 1, 0, row, 0], [summary, first + 1, n, row, n]) for n, way in _ways(1)]
    gaps = [
        (
            gap.target.name,
            gap.required_mbps,
            gap.delivered_mbps,
            gap.shortfall_mbps,
            gap.people_served,
            gap.people,
            verdict_word(gap.verdict),
        )
        for gap in report.gaps
    ]
    if gaps:
        row = pen.rows(sheet, row + 2, GAPS, gaps)
    chart = pen.chart({"type": "column"}, say("Contracted, delivered, demanded"), "Mbps", series)
    sheet.insert_chart(row + 2, 0, chart, {"description": say("Contracted, delivered and demanded capacity")})
    row += 20
    for words in _facts(report):
        row = pen.words(sheet, row, words, ACROSS)


def _facts(report: WeeklyReport) -> Iterator[str | None]:
    yield source_note(report)
    yield tally(report)
    yield from series_notes(report)
    yield outages(report)
    yield probing(report)
    yield say("Data found: {means}.", means=coverage(report.summary.usage))
    yield clock_words(report)
    for name, words in methods(report):
        yield f"{name}: {words}"
    yield say(PRIVACY)
    yield say("Times are {zone}.", zone=report.site.timezone)


def _parts(pen: Pen, report: WeeklyReport) -> None:
    """A row a day, or a week of a year."""
    zone, of_weeks = report.hours.zone, report.period.kind == "school-year"
    name = say("Weeks") if of_weeks else say("Days")
    sheet = pen.sheet(name)
    head = Column(part_head(report.period), "day", 12)
    rows: list[tuple[Cell, ...]] = [
        (
            part.starts_at.astimezone(zone).date(),
            part.usage.coverage,
            part.usage_school.p95.down_mbps,
            part.usage_school.p95.up_mbps,
            part.usage_school.peak.down_mbps,
            part.usage_school.peak.up_mbps,
            part.capacity.typical.down_mbps,
            part.capacity.typical.up_mbps,
            part.capacity.tests_trusted,
            part.outage_minutes,
        )
        for part in parts_of(report)
    ]
    last = pen.table(sheet, (head, *PARTS), rows)
    series = [(way, [name, 1, 0, last, 0], [name, 1, n, last, n]) for n, way in _ways(2)]
    title = say("95 % of each week's school hours") if of_weeks else say("95 % of each day's school hours")
    chart = pen.chart({"type": "column"}, title, "Mbps", series)
    chart.set_x_axis({"num_format": "d mmm", "text_axis": True})
    sheet.insert_chart(last + 2, 0, chart, {"description": say("Demand in school hours, a bar each way")})


def _tests(pen: Pen, report: WeeklyReport) -> None:
    """Every test, trusted or not."""
    name = say("Tests")
    sheet = pen.sheet(name)
    rows = [
        (
            test.started_at,
            test.engine,
            test.server,
            test.down_mbps,
            test.up_mbps,
            test.latency_idle_ms,
            test.latency_loaded_ms,
            test.down_bytes,
            test.up_bytes,
            say("yes") if test.trusted else say("no"),
            judged(test),
        )
        for test in report.tests
    ]
    last = pen.table(sheet, TESTS, rows)
    if rows:
        series = [(way, [name, 1, 0, last, 0], [name, 1, n, last, n]) for n, way in _ways(3)]
        chart = pen.chart({"type": "scatter"}, say("Throughput tests, counted or not"), "Mbps", series)
        chart.set_x_axis({"num_format": "d mmm"})
        sheet.insert_chart(last + 2, 0, chart, {"description": say("Throughput tests, a mark each way")})


def _outages(pen: Pen, report: WeeklyReport) -> None:
    """Every outage that reaches into the period, whole."""
    rows = [
        (
            outage.started_at,
            outage.until,
            outage.seconds / 60,
            say("yes") if outage.end_seen else say("no"),
            say(RUNGS[outage.rung]),
        )
        for outage in report.outages
    ]
    pen.table(pen.sheet(say("Outages")), OUTAGES, rows)


def _demand(pen: Pen, report: WeeklyReport) -> None:
    """The five-minute means that all percentiles were made of."""
    name = say("Demand")
    sheet = pen.sheet(name)
    last = pen.table(sheet, DEMAND, _slots(report))
    if report.usage and report.period.kind == "week":
        series = [(way, [name, 1, 0, last, 0], [name, 1, n, last, n]) for n, way in _ways(1)]
        straight = {"type": "scatter", "subtype": "straight"}
        chart = pen.chart(straight, say("Demand, five-minute means"), "Mbps", series)
        chart.set_x_axis({"num_format": "ddd d mmm", "major_unit": 1})
        sheet.insert_chart(
            1, len(DEMAND) + 1, chart, {"description": say("Demand on the line, a line each way")}
        )


def _ways(first: int) -> tuple[tuple[int, str], ...]:
    """Down and up, and the columns of their series."""
    return ((first, say("Down")), (first + 1, say("Up")))


def _slots(report: WeeklyReport) -> Iterator[tuple[Cell, ...]]:
    """A row for each five minutes so far; a mean that doesn't count has only its observed seconds."""
    known, hours = {sample.started_at: sample for sample in report.usage}, report.hours
    yes, no = say("yes"), say("no")
    at, slot = report.period.starts_at, timedelta(seconds=SLOT_S)
    while at < report.summary.through_at:
        school = yes if at in hours else no
        if (sample := known.get(at)) is None:
            yield at, None, None, None, None, 0, school
        else:
            mean = sample.mean if sample.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT else None
            yield (
                at,
                mean.down_mbps if mean else None,
                mean.up_mbps if mean else None,
                sample.peak_rx_mbps,
                sample.peak_tx_mbps,
                round(sample.interval_s),
                school,
            )
        at += slot
