"""How a district's figures were made, how complete their data is, and whose recommendation they are held "
"to."""

from __future__ import annotations

from collections.abc import Sequence

from reports.district import DistrictReport, SchoolStanding
from reports.percentiles import P95_METHOD
from reports.period_words import noun, this
from reports.sentences import percent
from reports.wording import later, say

PRIVACY = later(
    "Made from the summaries that schools' gateways send: counts of bytes, throughput tests, minutes of "
    "outages and school facts. No content, no names of persons, no addresses of devices are in them."
)


def quality(report: DistrictReport) -> list[str]:
    """How complete the data is, over all sites."""
    sites: Sequence[SchoolStanding] = (*report.schools, *report.gateways)
    found, expected = sum(one.found for one in sites), sum(one.expected for one in sites)
    trusted, doubtful = sum(one.tests_trusted for one in sites), sum(one.tests_untrusted for one in sites)
    failed = sum(one.tests_failed for one in sites)
    share = found / expected if expected else None
    return [
        say(
            "In school hours {share} of the five-minute means are there; {told} of {sites} sites told "
            "{this_week}.",
            share=percent(share),
            told=f"{sum(one.weeks_told > 0 for one in sites):,}",
            sites=f"{len(sites):,}",
            this_week=this(report.period),
        ),
        say(
            "{trusted} tests are trusted, {doubtful} are not, {failed} found no figure.",
            trusted=f"{trusted:,}",
            doubtful=f"{doubtful:,}",
            failed=f"{failed:,}",
        ),
    ]


def source_note(report: DistrictReport) -> str:
    """Whose recommendation the verdict is held against."""
    target = report.asked.target
    return say(
        "Recommendation: {issuer}, {document}{year}, for {years}.",
        issuer=target.issuer,
        document=target.document,
        year=f", {target.year}" if target.year else "",
        years=target.for_years,
    )


def methods(report: DistrictReport) -> tuple[tuple[str, str], ...]:
    """How the figures came about: a name and a statement each."""
    rule, share = report.asked.rule, report.asked.district_rule.min_schools_share
    return (
        (
            say("Schools and circuits"),
            say(
                "Each school is held against its part of the target. Gap and cost are counted by circuit: "
                "schools on one circuit count once, with their people together. The district's gap adds up "
                "its circuits' gaps, for what one circuit has to spare helps no other."
            ),
        ),
        (
            say("Evidence"),
            say(
                "A school's verdict takes {tests} trusted tests on {days} school days of a week. A verdict "
                "on the whole takes evidence of {share} of its schools, of their own or by their circuit "
                "(district.min_schools_share in collector.toml). That is this product's practice; no "
                "standard names a number.",
                tests=rule.min_tests,
                days=rule.min_school_days,
                share=percent(share),
            ),
        ),
        (
            say("Tests behind a shared circuit"),
            say(
                "A test behind one school of several shows what the circuit carries at the least. It may "
                "show that a target is met, and never that it isn't; only an agent on the district's own "
                "gateway sees all."
            ),
        ),
        (
            say("Bounds"),
            say(
                "Percentiles of several schools or weeks can't be added up or averaged. Of schools together, "
                "the 95th percentile is at least the largest school's and at most the sum of their peaks; of "
                "weeks together it lies between the lowest and the highest of theirs."
            ),
        ),
        *(() if report.period.kind == "week" else ((say("Weeks"), _weeks(report)),)),
        (say("Silent"), _silent_rule(report)),
        (say("95th percentile"), say(P95_METHOD)),
    )


def _weeks(report: DistrictReport) -> str:
    return say(
        "A {month} is told by the {n} weeks whose Thursday lies in it. The newest week with a verdict speaks "
        "for each school and circuit.",
        month=noun(report.period),
        n=f"{len(report.weeks):,}",
    )


def _silent_rule(report: DistrictReport) -> str:
    return say(
        "A site that sent nothing for {hours} hours before the end of the time reported, or before now while "
        "that is running, is silent: nobody knows how it stands, and what it told before isn't in the gap.",
        hours=f"{report.asked.silent_after_s / 3600:g}",
    )
