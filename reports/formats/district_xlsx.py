"""A district's report as a workbook: Summary, Schools, Circuits and, of a state, Districts; numbers are "
"numbers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from reports.district import STATES, CircuitStanding, DistrictReport, SchoolStanding
from reports.district_methods import PRIVACY
from reports.district_page import district_page
from reports.district_tables import state_head, state_words
from reports.formats.xlsx_pen import Cell, Column, Pen
from reports.wording import say

ACROSS = 7


def workbook(report: DistrictReport) -> bytes:
    """The workbook; the same report always gives the same bytes. Raises Fault without XlsxWriter."""
    pen = Pen(ZoneInfo(report.timezone))
    page = district_page(report)
    pen.book.set_properties(
        {
            "title": f"{page.name}: {page.title}, {page.period}"[:255],
            "created": report.made_at.replace(tzinfo=None, microsecond=0),
        }
    )
    _summary(pen, report)
    _schools(pen, report)
    _circuits(pen, report)
    if report.districts:
        _districts(pen, report)
    return pen.bytes()


def _summary(pen: Pen, report: DistrictReport) -> None:
    page, sheet = district_page(report), pen.sheet(say("Summary"))
    sheet.set_portrait()
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, ACROSS - 1, 14)
    pen.put(sheet, 0, 0, page.name, "title")
    pen.put(sheet, 1, 0, f"{page.title}: {page.period}")
    row = pen.words(sheet, 3, page.verdict, ACROSS, "verdict")
    for words in (*page.lead, page.not_over):
        row = pen.words(sheet, row, words, ACROSS)
    for part in page.parts:
        row = pen.words(sheet, row + 1, part.name, ACROSS, "verdict")
        for words in part.sentences:
            row = pen.words(sheet, row, words, ACROSS)
    row += 1
    for words in (
        *page.quality,
        page.source,
        *(f"{name}: {said}" for name, said in page.methods),
        say(PRIVACY),
    ):
        row = pen.words(sheet, row, words, ACROSS)
    pen.words(sheet, row, page.made, ACROSS)


def _schools(pen: Pen, report: DistrictReport) -> None:
    columns = (
        Column(say("School"), width=30),
        Column(say("Id"), width=16),
        Column(say("Stands"), width=20),
        Column(say("Heard"), "time", 17),
        Column(say("Students"), "count"),
        Column(say("Delivered, Mbps"), "rate"),
        Column(say("Asked, Mbps"), "rate"),
        Column(say("Gap, Mbps"), "rate"),
        Column(say("Met"), "share"),
        Column(say("95 % down at least, Mbps"), "rate"),
        Column(say("95 % down at most, Mbps"), "rate"),
        Column(say("Data found in school hours"), "share"),
        Column(say("Trusted tests"), "count"),
        Column(say("Untrusted tests"), "count"),
        Column(say("Failed tests"), "count"),
        Column(say("Outages, minutes"), "rate"),
        Column(say("What is missing"), width=60),
    )
    sheet, name = pen.sheet(say("Schools")), say("Schools")
    last = pen.table(sheet, columns, [_school(one) for one in (*report.schools, *report.gateways)])
    drawn = min(last, 20)
    if drawn:
        series = [(say("Met"), [name, 1, 0, drawn, 0], [name, 1, 8, drawn, 8])]
        chart = pen.chart({"type": "bar"}, say("Share of what is recommended"), "", series)
        chart.set_x_axis({"num_format": "0 %", "min": 0, "max": 1})
        chart.set_y_axis({"reverse": True})
        words = say("Each school's share of the recommended capacity, the worst first")
        sheet.insert_chart(last + 2, 0, chart, {"description": words})


def _school(one: SchoolStanding) -> tuple[Cell, ...]:
    gap = one.gap
    return (
        one.site.name,
        one.site.id,
        state_words(one.state),
        one.heard_at,
        one.site.students,
        gap.delivered_mbps if gap else None,
        gap.required_mbps if gap else None,
        gap.shortfall_mbps if gap else None,
        gap.share_met if gap else None,
        one.p95.down.at_least_mbps,
        one.p95.down.at_most_mbps,
        one.coverage,
        one.tests_trusted,
        one.tests_untrusted,
        one.tests_failed,
        one.outage_minutes,
        "; ".join(gap.missing) if gap else None,
    )


def _circuits(pen: Pen, report: DistrictReport) -> None:
    columns = (
        Column(say("Circuit"), width=30),
        Column(say("Schools"), "count"),
        Column(say("Students"), "count"),
        Column(say("Contract down, Mbps"), "rate"),
        Column(say("Delivered down, Mbps"), "rate"),
        Column(say("A lower bound"), "text"),
        Column(say("95 % down at least, Mbps"), "rate"),
        Column(say("95 % down at most, Mbps"), "rate"),
        Column(say("Asked down, Mbps"), "rate"),
        Column(say("Gap, Mbps"), "rate"),
        Column(say("Today, a month"), "rate"),
        Column(say("At target, a month"), "rate"),
        Column(say("Currency")),
        Column(say("Contract ends"), "day"),
        Column(say("Verdict"), width=20),
    )
    sheet, name = pen.sheet(say("Circuits")), say("Circuits")
    last = pen.table(sheet, columns, [_circuit(one) for one in report.circuits])
    drawn = min(last, 20)
    if drawn:
        series = [
            (say("Delivered"), [name, 1, 0, drawn, 0], [name, 1, 4, drawn, 4]),
            (say("Asked"), [name, 1, 0, drawn, 0], [name, 1, 8, drawn, 8]),
        ]
        chart = pen.chart({"type": "column"}, say("Delivered and asked, down"), "Mbps", series)
        words = say("What each circuit delivers and what is asked of it")
        sheet.insert_chart(last + 2, 0, chart, {"description": words})


def _circuit(one: CircuitStanding) -> tuple[Cell, ...]:
    gap, contract = one.gap, one.circuit.contract
    return (
        one.circuit.site.name,
        len(one.circuit.schools),
        one.circuit.site.students,
        contract.down_mbps,
        gap.delivered.down_mbps if gap else None,
        None if gap is None else say("yes") if gap.at_least else say("no"),
        one.p95.down.at_least_mbps,
        one.p95.down.at_most_mbps,
        gap.required.down_mbps if gap else None,
        gap.shortfall_mbps if gap else None,
        contract.monthly_cost,
        one.cost.target_monthly if one.cost else None,
        contract.currency,
        contract.ends_on,
        state_words(gap.verdict) if gap else None,
    )


def _districts(pen: Pen, report: DistrictReport) -> None:
    columns = (
        Column(say("District"), width=30),
        Column(say("Id"), width=16),
        Column(say("Schools"), "count"),
        *(Column(state_head(state), "count") for state in STATES),
        Column(say("Asked, Mbps"), "rate"),
        Column(say("Gap, Mbps"), "rate"),
    )
    rows = [
        (
            one.name,
            one.id,
            one.schools,
            *(one.counts[state] for state in STATES),
            one.required_mbps,
            one.shortfall_mbps,
        )
        for one in report.districts
    ]
    pen.table(pen.sheet(say("Districts")), columns, rows)
