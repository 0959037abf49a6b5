"""The report for a terminal of 80 columns: plain characters, what a board reads first, then figures.

Nothing here is colour or cursor movement, so that the same text goes over ssh, into a mail and into a file;
what a name or an engine's message brings of either is replaced.
"""

from __future__ import annotations

import textwrap

from reports.deadline_words import date_lines, forced_by
from reports.fault_place import place_words
from reports.first_page import first_page
from reports.formats.text_curves import drawn, sparklines
from reports.formats.text_lines import WIDTH, hanging, laid, paragraph, titled
from reports.headroom_words import congestion_lines, cost_lines, headroom_lines
from reports.hole_words import missing
from reports.outage_words import more_outages, outage_lines, outages, probing
from reports.outlook import Outlook
from reports.outlook_words import course_lines
from reports.period_words import the_whole
from reports.sample_words import column, figure_row, found_columns, legend
from reports.sentences import down_and_up, latency, people_served, rate, verdict_word
from reports.series import series_notes
from reports.sparkline import spark
from reports.tests_listed import listed
from reports.tests_set_aside import NO_VERDICT, more_set_aside, set_aside
from reports.week import WeeklyReport
from reports.week_methods import PRIVACY, methods, source_note
from reports.week_words import (
    clock_time,
    clock_words,
    coverage,
    made,
    numbers,
    tally,
)
from reports.wording import say, say_as, say_many

DOUBTFUL = 40
"""At most so many tests that don't count are told one by one."""
FOUND = 60
"""More tests than these have no table of what else they found."""


def plain_text(report: WeeklyReport) -> str:
    """The report as lines of at most 80 characters, but for names that are longer by themselves."""
    opening = first_page(report)
    sections = [
        paragraph(opening.what_if),
        paragraph(opening.verdict),
        paragraph(" ".join(opening.lead)),
        [*paragraph(opening.name), opening.period, *paragraph(opening.not_over)],
        paragraph(opening.to_set),
        *(
            titled(part.name, [line for words in part.sentences for line in paragraph(words)])
            for part in opening.parts
        ),
        titled(say("Capacity"), _capacity(report)),
        titled(say("Gap to each target"), _gaps(report)),
        titled(drawn(report), sparklines(report)),
        titled(say("Headroom in school hours"), _headroom(report)),
        titled(say("In school hours and outside of them, and how many tests"), _congestion(report)),
        titled(say("When demand down reaches the line"), _outlook(report.outlook.down)),
        titled(say("When demand up reaches the line"), _outlook(report.outlook.up)),
        titled(say("Dates ahead"), _dates(report)),
        titled(say("Cost, line by line"), _cost(report)),
        titled(say("Where the trouble lies"), _faults(report)),
        titled(say("Tests"), _tests(report)),
        titled(say("Tests that don't count"), _set_aside(report)),
        titled(say("What else the tests found"), _findings(report)),
        titled(
            say("Data"),
            [
                *_data(report),
                *paragraph(clock_words(report)),
                *paragraph(missing(report)),
            ],
        ),
        titled(say("Outages"), _outages(report)),
        titled(say("Method"), [line for words in _short_methods(report) for line in paragraph(words)]),
        paragraph(say(PRIVACY)),
        [made(report)],
        paragraph(opening.what_if),
    ]
    text = "\n\n".join("\n".join(lines).rstrip() for lines in sections if lines) + "\n"
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text)


def _headroom(report: WeeklyReport) -> list[str]:
    lines = headroom_lines(report)
    if report.headroom.down.utilisation is None and report.headroom.up.utilisation is None:
        return paragraph(say("Not known before both demand and a test that counts are."))
    rows = [(line.way, line.utilisation, line.left, line.stage, line.full) for line in lines]
    heads = ("", say("used"), say_as("column", "left"), say("operators"), say("four fifths full"))
    table = laid(rows, heads, ("left", "right", "right", "left", "right"))
    ways = [
        say(
            "{way}: {delivered} delivered, {demanded} demanded.",
            way=line.way,
            delivered=line.delivered,
            demanded=line.demanded,
        )
        for line in lines
        if "(" in line.delivered + line.demanded
    ]
    if ways:
        ways.append(say("In parentheses: the range that holds the figure nine times of ten."))
    return [*table, *(text for words in ways for text in paragraph(words))]


def _congestion(report: WeeklyReport) -> list[str]:
    rows = [
        (line.way, line.school, line.other, line.experience, line.verdict)
        for line in congestion_lines(report)
    ]
    heads = ("", say("school hours"), say("other hours"), say("experience"), say("verdict"))
    return laid(rows, heads, ("left", "right", "right", "right", "left")) if rows else []


def _outlook(outlook: Outlook) -> list[str]:
    """The courses, and the past weeks as a curve of at most a line."""
    lines = []
    for course in course_lines(outlook):
        lines += hanging(
            say(
                "{name}, {rate} a year: 80 % of the line {at_80}, all of it {at_100}.",
                name=course.name,
                rate=course.rate,
                at_80=course.at_80,
                at_100=course.at_100,
            )
        )
    weeks = [week.p95_mbps for week in outlook.weeks][-(WIDTH - 20) :]
    most = max((mbps for mbps in weeks if mbps is not None), default=0.0)
    if len(weeks) > 1:
        last = say_many("last {n} weeks", "last {n} weeks", len(weeks), n=len(weeks))
        lines.append(f"{spark(weeks, most)}  {last}")
    return lines


def _dates(report: WeeklyReport) -> list[str]:
    lines, told = [], date_lines(report)
    width = max([18, *(len(on) for on, _ in told)])
    for on, what in told:
        lines += textwrap.wrap(f"{on:<{width}} {what}", WIDTH, subsequent_indent=" " * (width + 1))
    return [*lines, *paragraph(forced_by(report))]


def _cost(report: WeeklyReport) -> list[str]:
    lines = []
    for line in cost_lines(report):
        lines += hanging(
            say(
                "{name}: {gross}, local share {net} ({source})",
                name=line.name,
                gross=line.gross,
                net=line.net,
                source=line.source,
            )
        )
    return [*lines, *paragraph(report.cost.lines[0].evidence + "." if report.cost and lines else None)]


def _faults(report: WeeklyReport) -> list[str]:
    lines = []
    for one in report.faults.findings:
        lines += hanging(f"{place_words(one.place)}: {one.sentence} ({one.evidence}).")
    return [*lines, *paragraph(report.faults.cannot_tell)]


def _capacity(report: WeeklyReport) -> list[str]:
    rows = [
        (
            row.name,
            rate(row.rates.down_mbps),
            rate(row.rates.up_mbps),
            textwrap.shorten(row.source, 40, placeholder="…"),
        )
        for row in numbers(report)
    ]
    heads = ("", say_as("column", "down"), say_as("column", "up"), say_as("column", "from"))
    return laid(rows, heads, ("left", "right", "right", "left"))


def _gaps(report: WeeklyReport) -> list[str]:
    if not report.gaps:
        return paragraph(say("No target set is chosen: set targets.sets."))
    rows = [
        (
            textwrap.shorten(gap.target.name, 24, placeholder="…"),
            rate(gap.required_mbps),
            rate(gap.shortfall_mbps) if gap.shortfall_mbps != 0 else say("none"),
            people_served(gap),
            verdict_word(gap.verdict),
        )
        for gap in report.gaps
    ]
    heads = (say("target"), say("asks"), say("gap"), say("serves"), say("verdict"))
    notes = [note for note in (source_note(report), *_terms(report)) if note]
    return [
        *laid(rows, heads, ("left", "right", "right", "right", "left")),
        *(line for note in notes for line in paragraph(note)),
    ]


def _terms(report: WeeklyReport) -> list[str]:
    lead = report.gaps[0]
    if not lead.terms:
        return []
    return [say("It asks {rate} for {terms}.", rate=rate(lead.required_mbps), terms=lead.terms)]


def _tests(report: WeeklyReport) -> list[str]:
    figures = report.summary.capacity
    lines = [*paragraph(tally(report))]
    if figures.tests_trusted:
        best = say(
            "Best {rates}. Latency {idle} idle, {loaded} under load.",
            rates=down_and_up(rate(figures.best.down_mbps), rate(figures.best.up_mbps)),
            idle=latency(figures.latency_idle_ms),
            loaded=latency(figures.latency_loaded_ms),
        )
        lines += paragraph(best)
    for note in series_notes(report):
        lines += paragraph(note)
    return lines


def _set_aside(report: WeeklyReport) -> list[str]:
    """Time, engine and server in a line, the reasons under it."""
    lines = []
    for test in set_aside(report, DOUBTFUL):
        lines.append(textwrap.shorten(f"{test.at}, {test.engine}, {test.server}", WIDTH, placeholder="…"))
        lines += textwrap.wrap(
            f"{test.why} ({test.codes})", WIDTH, initial_indent="  ", subsequent_indent="  ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return (
        [*lines, *paragraph(say(NO_VERDICT)), *paragraph(more_set_aside(report, DOUBTFUL))] if lines else []
    )


def _findings(report: WeeklyReport) -> list[str]:
    """A line a test that has a figure, with the columns in which anything is known beside down and up."""
    tests = [test for test in listed(report, FOUND) if test.outcome == "ok"]
    if not (names := found_columns(tests)):
        return []
    rows = [
        (clock_time(test.started_at, report.hours.zone), *(row[name] for name in names))
        for test in tests
        if (row := figure_row(test))
    ]
    align = ("left", *["right"] * len(names))
    return [*laid(rows, ("", *(column(name) for name in names)), align), *paragraph(legend(names))]


def _outages(report: WeeklyReport) -> list[str]:
    lines = paragraph(outages(report))
    for line in outage_lines(report):
        lines += textwrap.wrap(line.sentence, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return [*lines, *paragraph(more_outages(report)), *paragraph(probing(report))]


def _short_methods(report: WeeklyReport) -> list[str]:
    """The three statements that a figure can't be read without; the page has them all."""
    told = dict(methods(report))
    return [told[name] for name in (say("Three numbers"), say("95th percentile"), say("School hours"))]


def _data(report: WeeklyReport) -> list[str]:
    whole, school = the_whole(report.period), say("School hours")
    width = max(13, len(say("Whole week")), len(school))
    return [
        f"{whole:<{width}} {coverage(report.summary.usage)}",
        f"{school:<{width}} {coverage(report.summary.usage_school)}",
    ]
