"""The report as Markdown, for a wiki, a ticket or a chat: its first page in words, then its tables.

CommonMark with GitHub's tables. Whatever a name or an engine's message holds is text here: what Markdown or
HTML would take for its own gets a backslash or an entity, and no line of it begins a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reports.days import parts_of
from reports.deadline_words import date_lines, forced_by
from reports.first_page import first_page
from reports.hole_words import missing
from reports.outage_words import more_outages, outage_lines, outages, probing
from reports.period_words import by_part, part_head
from reports.sample_words import judged
from reports.samples import Rates
from reports.sentences import delivered, people_served, percent, rate, verdict_word
from reports.series import series_notes
from reports.tests_listed import LISTED, listed, unlisted
from reports.tests_set_aside import NO_VERDICT, more_set_aside, set_aside
from reports.week import WeeklyReport
from reports.week_methods import PRIVACY, methods, source_note
from reports.week_words import (
    clock_words,
    coverage,
    demanded,
    duration,
    made,
    moment,
    no_demand,
    numbers,
    short_day,
    tally,
)
from reports.wording import say, say_as

DASH = "–"


def markdown(report: WeeklyReport) -> str:
    """The report as Markdown; the same report always gives the same text."""
    period, opening = report.period, first_page(report)
    blocks = [
        f"# {safe(opening.name)}",
        safe(say("{report}: {dates}", report=opening.title, dates=opening.period)),
        *_said(opening.what_if),
        f"**{safe(opening.verdict)}**",
        *_said(*opening.lead, None if demanded(report) else no_demand(report)),
        *_said(opening.not_over, opening.to_set),
        *(block for part in opening.parts for block in (_head(part.name), *_said(*part.sentences))),
        _head(say("Capacity")),
        _table(
            (say("Capacity"), say("Down"), say("Up"), say_as("source", "From")),
            (
                (row.name, rate(row.rates.down_mbps), rate(row.rates.up_mbps), row.source)
                for row in numbers(report)
            ),
            "lrrl",
        ),
        *_gaps(report),
        _head(say("Dates ahead")),
        _table((say("Date"), say("What is then")), lines, "ll") if (lines := date_lines(report)) else "",
        *_said(forced_by(report)),
        _head(by_part(period)),
        _parts(report),
        safe(say("Rates in Mbps, down / up.")),
        _head(say("Outages")),
        *_outages(report),
        _head(say("Tests")),
        *_said(tally(report), *series_notes(report), unlisted(report, LISTED)),
        *_tests(report),
        *_set_aside(report),
        _head(say("Data")),
        *_said(f"{coverage(report.summary.usage)}.", clock_words(report), missing(report)),
        _head(say("How the figures were made")),
        *(f"- **{safe(name)}**: {safe(words)}" for name, words in methods(report)),
        f"- **{safe(say('Privacy'))}**: {safe(say(PRIVACY))}",
        safe(made(report)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def safe(words: str) -> str:
    """Words that stay words: nothing in them is markup, a link, an entity or a line of its own."""
    words = "".join(sign if sign.isprintable() else " " for sign in words)
    words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    words = re.sub(r"([\\`*_\[\]{}|~#!$])", r"\\\1", words)
    return re.sub(r"^(\s*)(\d+)([.)])(?=\s|$)|^(\s*)([-+=])", _not_a_block, words)


def _not_a_block(found: re.Match[str]) -> str:
    if found[2]:
        return f"{found[1]}{found[2]}\\{found[3]}"
    return f"{found[4]}\\{found[5]}"


def _head(words: str) -> str:
    return f"## {safe(words)}"


def _said(*sentences: str | None) -> list[str]:
    return [safe(" ".join(words for words in sentences if words))]


def _gaps(report: WeeklyReport) -> list[str]:
    if not report.gaps:
        return []
    rows = (
        (
            gap.target.name,
            rate(gap.required_mbps),
            delivered(gap),
            say("none") if gap.shortfall_mbps == 0 else rate(gap.shortfall_mbps),
            people_served(gap),
            verdict_word(gap.verdict),
        )
        for gap in report.gaps
    )
    heads = (
        say("Target"), say("Asks"), say("Delivered"), say("Gap"), say("People served"), say("Verdict"),
    )  # fmt: skip
    return [_head(say("Gap to each target set")), _table(heads, rows, "lrrrrl"), *_said(source_note(report))]


def _parts(report: WeeklyReport) -> str:
    rows = (
        (
            short_day(part.starts_at.astimezone(report.hours.zone).date()),
            percent(part.usage.coverage),
            _pair(part.usage_school.p95),
            _pair(part.usage_school.peak),
            _pair(part.capacity.typical),
            str(part.capacity.tests_trusted),
            DASH
            if part.outage_minutes is None
            else duration(part.outage_minutes * 60)
            if part.outage_minutes
            else "0 min",
        )
        for part in parts_of(report)
    )
    heads = (
        part_head(report.period),
        say("Data found"),
        say("School hours, 95 %"),
        say("School hours, peak"),
        say("Delivered, median"),
        say("Trusted tests"),
        say("Outages"),
    )
    return _table(heads, rows, "lrrrrrr")


def _outages(report: WeeklyReport) -> list[str]:
    lines = outage_lines(report)
    heads = (say_as("head", "From"), say_as("head", "To"), say("Length"), say("What failed"))
    table = _table(heads, ((o.begin, o.end, o.length, o.fault) for o in lines), "llrl")
    return [
        *_said(outages(report), probing(report)),
        *([table] if lines else []),
        *_said(more_outages(report)),
    ]


def _tests(report: WeeklyReport) -> list[str]:
    rows = [
        (
            moment(test.started_at, report.hours.zone),
            test.engine,
            test.server or DASH,
            _mbps(test.down_mbps),
            _mbps(test.up_mbps),
            judged(test),
        )
        for test in listed(report, LISTED)
    ]
    heads = (
        say("Time"), say("Engine"), say("Server"), say("Down, Mbps"), say("Up, Mbps"),
        say("Trusted, or why not"),
    )  # fmt: skip
    return [_table(heads, rows, "lllrrl")] if rows else []


def _set_aside(report: WeeklyReport) -> list[str]:
    rows = [
        (test.at, test.engine, test.server, test.down, test.up, test.why, test.codes)
        for test in set_aside(report, LISTED)
    ]
    if not rows:
        return []
    heads = (
        say("Time"), say("Engine"), say("Server"), say("Down, Mbps"), say("Up, Mbps"),
        say("Why it doesn't count"), say("Reason code"),
    )  # fmt: skip
    words = _said(say(NO_VERDICT), more_set_aside(report, LISTED))
    return [_head(say("Tests that don't count")), _table(heads, rows, "lllrrll"), *words]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    lines = [heads, ["---:" if side == "r" else "---" for side in align]]
    lines += [[safe(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _pair(rates: Rates) -> str:
    return f"{_mbps(rates.down_mbps)} / {_mbps(rates.up_mbps)}"


def _mbps(figure: float | None) -> str:
    return rate(figure).removesuffix(" Mbps")
