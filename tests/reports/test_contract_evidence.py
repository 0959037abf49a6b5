"""Contracted against delivered: figures of trusted tests alone, and unknown time that is no outage."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from reports.chain import Break, Entry
from reports.contract_evidence import SHARES, ContractEvidence, contract_evidence, span
from reports.evidence_pages import evidence_page, evidence_text, method_text
from reports.evidence_words import chain_words
from reports.samples import LOWER_BOUND, ClockStep, Hole
from reports.sentences import FLAGS, UNCOUNTED
from reports.sites import Contract, Site
from tests.reports.example_week import CONTRACT, HOSTILE, SITE, ZONE, named, short_of_target

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 22)


@cache
def evidence(site: Site = SITE, contract: Contract = CONTRACT) -> ContractEvidence:
    week = short_of_target()
    return contract_evidence(
        site,
        contract,
        FIRST,
        LAST,
        week.usage,
        week.tests,
        week.outages,
        week.probed,
        measuring_since=week.measuring_since,
    )


def nothing() -> ContractEvidence:
    return contract_evidence(Site(), Contract(), FIRST, LAST, [], [], [], [], measuring_since=None)


def test_delivered_is_the_median_of_trusted_tests_as_in_the_weekly_report() -> None:
    """The same samples say the same in both."""
    down, up = evidence().delivered
    typical = short_of_target().summary.capacity.typical
    assert (down.median_mbps, up.median_mbps) == (typical.down_mbps, typical.up_mbps)
    assert (down.contracted_mbps, up.contracted_mbps) == (250.0, 50.0)
    assert (down.tests, up.tests) == (26, 26)
    assert down.share is not None
    assert round(down.share, 2) == round((down.median_mbps or 0) / 250, 2)


def test_how_many_tests_reached_a_share_is_counted_and_not_judged() -> None:
    down = evidence().delivered[0]
    rates = [test.down_mbps for test in short_of_target().tests if test.trusted and test.down_mbps]
    assert down.reached == tuple(sum(rate >= 250 * share for rate in rates) for share in SHARES)
    assert down.reached[0] <= down.reached[-1] <= down.tests
    assert down.lowest_mbps == min(rates)
    assert down.highest_mbps == max(rates)


def test_outages_are_told_by_school_day_and_cut_to_school_hours() -> None:
    """Thursday's forty minutes were at school; Friday evening's twelve were not."""
    days = {day.day: day for day in evidence().days}
    assert sorted(days) == [FIRST + timedelta(days=n) for n in range(5)]
    assert days[date(2026, 11, 19)].outage_minutes == 40.0
    assert days[date(2026, 11, 20)].outage_minutes == 0.0
    assert all(day.hours_minutes == 600.0 for day in days.values())
    assert days[date(2026, 11, 18)].probed_minutes == 420.0  # three hours off


def test_what_nobody_observed_is_unknown_and_no_outage() -> None:
    found = nothing()
    assert {day.outage_minutes for day in found.days} == {None}
    assert [one.median_mbps for one in found.delivered] == [None, None]
    text = evidence_text(found, [], [])
    assert "nothing is known of outages" in text
    assert "What was bought isn't set in agent.toml." in text
    assert "0 Mbps" not in text


def test_days_are_the_sites_own() -> None:
    """Also the day on which clocks go back, which has 25 hours."""
    starts_at, ends_at = span(date(2026, 11, 1), date(2026, 11, 1), Site(timezone="America/Chicago"))
    assert ends_at - starts_at == timedelta(hours=25)
    assert starts_at.astimezone(ZONE).isoformat() == "2026-11-01T00:00:00-05:00"


def test_a_day_without_school_is_no_school_day() -> None:
    assert [day.day.day for day in evidence(replace(SITE, holidays=("2026-11-17/2026-11-18",))).days] == [
        16,
        19,
        20,
    ]


def test_text_and_page_say_the_same() -> None:
    """Sections of one making; the text fits a terminal."""
    text, page = evidence_text(evidence(), [], []), evidence_page(evidence(), [], [])
    for words in (
        "Delivered, median",
        "250.0 Mbps",
        "Thu 19 Nov 2026",
        "40 min",
        "No measurement: the WAN interface has no link",
    ):
        assert words in text
        assert words.replace(" Mbps", "\u00a0Mbps").replace("40 min", "40\u00a0min") in page
    assert max(map(len, text.splitlines())) <= 80
    assert "<script" not in page
    assert "http" not in page.split("<style>")[0]


def test_names_do_no_harm() -> None:
    for name in HOSTILE.values():
        week = named(name)
        found = contract_evidence(
            week.site,
            week.contract,
            FIRST,
            LAST,
            week.usage,
            week.tests,
            week.outages,
            week.probed,
            measuring_since=None,
        )
        page = evidence_page(found, [], [])
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "\x1b" not in evidence_text(found, [], [])


def test_what_was_lost_is_told() -> None:
    week = short_of_target()
    hole = Hole(
        week.period.starts_at - timedelta(days=9),
        week.period.starts_at + timedelta(hours=2),
        "samples",
        "disk_full",
    )
    step = ClockStep(week.period.starts_at + timedelta(hours=3), 7200.0, True)
    found = contract_evidence(
        SITE,
        CONTRACT,
        FIRST,
        LAST,
        week.usage,
        week.tests,
        week.outages,
        week.probed,
        [hole],
        [step],
        measuring_since=None,
    )
    text = " ".join(evidence_text(found, [], []).split())
    assert "Data is missing from Mon 16 Nov 00:00 to Mon 16 Nov 02:00: the disk was nearly full." in text
    assert "The clock was set 2 hours ahead on Mon 16 Nov 03:00." in text


def test_the_chain_is_whole_or_its_breaks_are_named() -> None:
    entry = Entry(1, None, "ab" * 32)
    assert chain_words([], []) == "No summary was linked yet."
    assert chain_words([entry], []).startswith("1 summary, the head is number 1 abab")
    assert chain_words([entry], []).endswith("The chain is whole: none is missing and none was edited.")
    assert chain_words([entry], [Break("gap", 2, 4)]).endswith(
        "The chain is broken: link 2 to 4 are missing."
    )


def test_the_method_tells_every_reason_not_to_trust() -> None:
    text = method_text()
    for code in FLAGS:
        assert f"UNTRUSTED: {code.upper()}" in text
    assert "never from averages of averages" in " ".join(text.split())


def test_lower_bounds_are_told_as_such_and_make_no_delivered_figure() -> None:
    """A machine on a switch port knows what the line carried at the least."""
    week = short_of_target()
    bounds = [replace(test, flags=(LOWER_BOUND,)) for test in week.tests if test.trusted]
    found = contract_evidence(
        SITE, CONTRACT, FIRST, LAST, [], bounds, [], [], measuring_since=None, uncounted=UNCOUNTED
    )
    assert [one.median_mbps for one in found.delivered] == [None, None]
    text = " ".join(evidence_text(found, [], []).split())
    assert "Delivered at least, median with 26 lower bounds 18" in text
    assert "Demand isn't known: this machine isn't on the path of all traffic" in text
