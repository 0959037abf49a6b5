"""Contract evidence in words and short tables: the sections that its text and its page lay out alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reports.chain import Break, Entry, break_words
from reports.contract_evidence import SHARES, ContractEvidence, Delivered, SchoolDay
from reports.hole_words import REASONS
from reports.percentiles import P95_METHOD
from reports.period_words import date_words, period_span
from reports.periods import Period
from reports.sentences import FLAGS, RUNGS, moved, outcome, percent, rate
from reports.week_methods import PRIVACY, school_hours_words
from reports.week_words import (
    coverage,
    duration,
    moment,
    short_day,
)

Row = tuple[str, ...]

AT_MOST_DAYS = 40
"""Days with an outage that the text lists; all are in school_days.csv."""


@dataclass(frozen=True, slots=True)
class Section:
    """A title, sentences, and a table: heads and rows, of which the first column is words."""

    title: str
    words: tuple[str, ...] = ()
    heads: Row = ()
    rows: tuple[Row, ...] = ()


def title(evidence: ContractEvidence) -> str:
    days = Period("week", "", evidence.starts_at, evidence.ends_at)
    one = evidence.first == evidence.last
    words = date_words(evidence.first) if one else period_span(days, evidence.hours.zone)
    return f"Contracted against delivered, {words}"


def sections(
    evidence: ContractEvidence, chain: Sequence[Entry], breaks: Sequence[Break]
) -> tuple[Section, ...]:
    """Everything that is said, in order."""
    return (
        _contract(evidence),
        _tests(evidence),
        _outages(evidence),
        _data(evidence),
        Section("Chain of summaries", (chain_words(chain, breaks),)),
    )


def method() -> tuple[tuple[str, str], ...]:
    """How the figures came about: a name and a statement each."""
    return (
        (
            "Delivered",
            "The median of the trusted throughput tests, each way. A test is trusted when nothing is known "
            "that spoils it; what can is listed below. Tests that aren't trusted, and tests that found no "
            "figure, are in tests.csv with their reasons and enter no figure.",
        ),
        (
            "Tests",
            "Tests begin at random moments, by a schedule that doesn't look at the line. The rate is that "
            "of payload, in Mbit/s of 10^6 bits. Where the traffic of others was counted meanwhile it is "
            "part of the figure (the columns other_down_mbps and other_up_mbps): the figure is the line's.",
        ),
        (
            "Confirmation",
            "A test below target is followed by one more on another server, where there is one. If that "
            "gives more, the first server was the limit and its test is untrusted; else the two count once.",
        ),
        (
            "Outages",
            "Once a minute it is tried whether the Internet is in reach. Two failures in a row begin an "
            "outage, at the first; the first success ends it. Seconds in which the WAN interface had no link "
            "count as well; of each five minutes the longer of the two counts. Time in which nobody probed "
            "or counted is unknown, and no outage.",
        ),
        (
            "Demand",
            "Means of five minutes of the interface's byte counters, without the seconds of throughput tests "
            f"and without the bytes of these. {P95_METHOD}",
        ),
        (
            "Chain",
            "Each hour, day and week that is over is summarised once. Every summary carries its number and "
            "the SHA-256 of the one before, so that the last hash, the head, stands for all of them. A chain "
            "shows a summary that is missing or was edited. It can't show that all of it was made anew: that "
            "shows where another has an earlier head, such as the collector that the summaries are sent to.",
        ),
        *((f"Untrusted: {code}", f"{words[:1].upper()}{words[1:]}.") for code, words in FLAGS.items()),
        *((f"Outage: {rung}", f"{words[:1].upper()}{words[1:]}.") for rung, words in RUNGS.items()),
        ("Privacy", PRIVACY),
    )


def chain_words(chain: Sequence[Entry], breaks: Sequence[Break]) -> str:
    """Whether it is whole, and its head."""
    if not chain and not breaks:
        return "No summary was linked yet."
    head = f"{len(chain):,} {'summary' if len(chain) == 1 else 'summaries'}" + (
        f", the head is number {chain[-1].number:,} {chain[-1].digest}" if chain else ""
    )
    if not breaks:
        return f"{head}. The chain is whole: none is missing and none was edited."
    return f"{head}. The chain is broken: " + "; ".join(f"link {break_words(one)}" for one in breaks) + "."


def _contract(evidence: ContractEvidence) -> Section:
    down, up = evidence.delivered
    rows = [
        ("Contracted", rate(down.contracted_mbps), rate(up.contracted_mbps)),
        ("Delivered, median", rate(down.median_mbps), rate(up.median_mbps)),
        ("Delivered of contracted", _share(down), _share(up)),
        ("Lowest trusted test", rate(down.lowest_mbps), rate(up.lowest_mbps)),
        ("Highest trusted test", rate(down.highest_mbps), rate(up.highest_mbps)),
        ("Trusted tests", f"{down.tests:,}", f"{up.tests:,}"),
        *(
            (f"Of these at {percent(share)} of the contract or more", _reached(down, n), _reached(up, n))
            for n, share in enumerate(SHARES)
        ),
    ]
    if bounds := evidence.summary.capacity.lower_bounds:
        least = evidence.summary.capacity.at_least
        name = f"Delivered at least, median with {bounds:,} lower bounds"
        rows.insert(2, (name, rate(least.down_mbps), rate(least.up_mbps)))
    contract = evidence.contract
    bought = [part for part in (contract.provider, contract.connection) if part]
    if contract.ends_on:
        bought.append(f"ends {date_words(contract.ends_on)}")
    told = contract.down_mbps is not None or contract.up_mbps is not None
    words = [f"By the settings of this machine: {', '.join(bought)}."] if told and bought else []
    if not told:
        words = ["What was bought isn't set in agent.toml."]
    return Section("Capacity", tuple(words), ("", "down", "up"), tuple(rows))


def _share(one: Delivered) -> str:
    return percent(one.share) if one.share is None or one.share < 1 else f"{int(one.share * 100 + 1e-9)} %"


def _reached(one: Delivered, n: int) -> str:
    return f"{one.reached[n]:,}" if one.reached else "–"


def _tests(evidence: ContractEvidence) -> Section:
    counts = Counter(outcome(test).partition(" (")[0] for test in evidence.tests if not test.trusted)
    rows = [("Trusted", f"{sum(test.trusted for test in evidence.tests):,}")]
    rows += [
        (words, f"{count:,}") for words, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]
    days = evidence.summary.capacity.school_days
    words = (
        f"{len(evidence.tests):,} throughput tests were begun; the trusted ones are on {days:,} of "
        f"{len(evidence.days):,} school days. All are in tests.csv.",
    )
    return Section("Tests", words, ("", "tests"), tuple(rows))


def _outages(evidence: ContractEvidence) -> Section:
    days = evidence.days
    seen = [day for day in days if day.outage_minutes is not None]
    dark = [day for day in seen if day.outage_minutes]
    out = sum(day.outage_minutes or 0.0 for day in seen)
    if not seen:
        words = ["Nothing was observed in school hours, so nothing is known of outages in them."]
    else:
        probed = sum(day.probed_minutes for day in days) / sum(day.hours_minutes for day in days)
        lost = f"for {duration(out * 60)}, on {len(dark):,}" if dark else "on none"
        words = [
            f"In school hours the Internet was out of reach {lost} of the {len(seen):,} school days that "
            f"were observed ({len(days):,} in all). Probes cover {percent(min(1.0, probed))} of school hours."
        ]
    words.append(f"School hours: {school_hours_words(evidence.site)}.")
    if len(dark) > AT_MOST_DAYS:
        words.append(f"The first {AT_MOST_DAYS} of these days; all are in school_days.csv.")
    rows = tuple(_dark(day) for day in dark[:AT_MOST_DAYS])
    heads = ("School day", "out of reach", "outages", "probed")
    return Section("Outages by school day", tuple(words), heads if rows else (), rows)


def _dark(day: SchoolDay) -> Row:
    return (
        f"{short_day(day.day)} {day.day.year}",
        duration((day.outage_minutes or 0.0) * 60),
        f"{day.outages:,}",
        percent(min(1.0, day.probed_minutes / day.hours_minutes)),
    )


def _data(evidence: ContractEvidence) -> Section:
    summary, zone = evidence.summary, evidence.hours.zone
    words = [
        f"Found: {coverage(summary.usage)}; in school hours {coverage(summary.usage_school)}.",
        f"In school hours the school used {rate(summary.usage_school.p95.down_mbps)} down and "
        f"{rate(summary.usage_school.p95.up_mbps)} up or less for 95 % of the time.",
    ]
    if not summary.usage.found:
        why = evidence.uncounted or "no demand was counted"
        words = [f"{why[:1].upper()}{why[1:]}."]
    if evidence.measuring_since:
        words.append(f"Measuring since {date_words(evidence.measuring_since.astimezone(zone).date())}.")
    for hole in evidence.holes:
        begin, end = max(hole.starts_at, evidence.starts_at), min(hole.ends_at, evidence.ends_at)
        what = "Data may be" if hole.reason == "damaged" else "Data is"
        if hole.what == "samples":
            words.append(
                f"{what} missing from {moment(begin, zone)} to {moment(end, zone)}: {REASONS[hole.reason]}."
            )
    steps = [step for step in evidence.clock_steps if step.believed]
    words += [f"The clock was set {moved(step.by_s)} on {moment(step.at, zone)}." for step in steps[:10]]
    if len(steps) > 10:
        words.append(f"And {len(steps) - 10} times more.")
    return Section("Data", tuple(words))
