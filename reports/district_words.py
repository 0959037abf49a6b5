"""What a district's report says in words: the sentences that all its formats share.

Whole sentences with named places (``reports/wording.py``). Each part always has a line; what isn't known
says why. Names are kept as they are; a format shortens or guards them as it has to.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from reports.district import Bounds, DistrictReport, SchoolStanding
from reports.period_words import option, the, this
from reports.sentences import percent, rate
from reports.sentences import verdict as gap_verdict
from reports.week_words import moment, served
from reports.wording import capital, listed, say, say_many

NAMED = 6
"""At most so many schools are named in a sentence; tables have them all."""


def headline(report: DistrictReport) -> str:
    """The verdict sentence."""
    if report.place.scope == "site":
        return _site_headline(report)
    target, asked = report.asked.target.name, report.required
    if not asked.applies:
        return say(
            "{target} has no figure for a whole district ({why}): its schools are held against it one by "
            "one.",
            target=target,
            why=asked.why_not or "",
        )
    if report.verdict == "not enough evidence":
        words = say(
            "Not enough evidence yet for a verdict on {target}: {missing}.",
            target=target,
            missing=_missing(report),
        )
        if not report.circuits_short:
            return words
        return f"{words} " + say(
            "So far the circuits that are known well enough lack {gap}.", gap=rate(report.shortfall_mbps)
        )
    circuits = len(report.circuits)
    if report.verdict == "meets":
        return say_many(
            "Meets {target}: the one circuit delivers what is recommended.",
            "Meets {target}: all {n} circuits deliver what is recommended.",
            circuits,
            target=target,
        )
    gap = rate(report.shortfall_mbps)
    return say_many(
        "Short of {target} by {gap}: {n} of {circuits} circuits delivers less than is recommended.",
        "Short of {target} by {gap}: {n} of {circuits} circuits deliver less than is recommended.",
        report.circuits_short,
        target=target,
        gap=gap if report.circuits_judged == circuits else say("at least {rate}", rate=gap),
        circuits=f"{circuits:,}",
    )


def _site_headline(report: DistrictReport) -> str:
    if not report.schools and not report.gateways:
        return say("Nothing is known of this site.")
    one = (*report.schools, *report.gateways)[0]
    words = (
        gap_verdict(one.gap)
        if one.gap
        else say("No verdict: the collector has no summary of {this_week}.", this_week=this(report.period))
    )
    if one.state == "silent":
        return say("{silent} Before that: {verdict}", silent=_silent_since(report, one), verdict=words)
    return words


def _silent_since(report: DistrictReport, one: SchoolStanding) -> str:
    if one.heard_at is None:
        return say("This site was never heard.")
    return say("This site is silent since {when}.", when=moment(one.heard_at, ZoneInfo(report.timezone)))


def _missing(report: DistrictReport) -> str:
    """What keeps the report from a verdict, by the rule that is stated in its method."""
    schools = len(report.schools)
    if report.with_evidence < report.evidence_needed:
        return say_many(
            "{with_evidence} of {n} school has evidence, {needed} is needed",
            "{with_evidence} of {n} schools have evidence, {needed} are needed",
            schools,
            with_evidence=f"{report.with_evidence:,}",
            needed=f"{report.evidence_needed:,}",
        )
    if not report.circuits_judged:
        return say("no circuit is known well enough")
    return say(
        "{judged} of {circuits} circuits are known well enough, and those deliver what is recommended",
        judged=f"{report.circuits_judged:,}",
        circuits=f"{len(report.circuits):,}",
    )


def lead(report: DistrictReport) -> tuple[str, ...]:
    """What the verdict means in people, and whose target it is."""
    words = []
    if report.place.scope == "site":
        gap = next((one.gap for one in (*report.schools, *report.gateways)), None)
        return tuple(words for words in ((served(gap),) if gap else ()) if words)
    if report.people and report.people_lacking is not None:
        words.append(
            say(
                "Behind the circuits that are known well enough, {lacking} of {people} people are without "
                "their recommended share.",
                lacking=f"{report.people_lacking:,}",
                people=f"{report.people:,}",
            )
            if report.people_lacking
            else say(
                "The circuits that are known well enough deliver the recommended share for all {people} "
                "people behind them.",
                people=f"{report.people:,}",
            )
        )
    if words_of := scope_words(report):
        words.append(words_of)
    return tuple(words)


def scope_words(report: DistrictReport) -> str | None:
    """For whom the target is, so that nobody takes a school's figure for a district's."""
    asked, target = report.required, report.asked.target.name
    wanted = asked.rates.down_mbps or asked.rates.up_mbps
    if not asked.applies:
        return None
    if wanted is None:
        return say(
            "What {target} asks of the whole isn't known: students or staff of some school aren't.",
            target=target,
        )
    if report.place.scope == "state":
        return say(
            "{target} asks {rate} of all districts together, each by the band of its own size.",
            target=target,
            rate=rate(wanted),
        )
    return say(
        "Scope: the district as a whole, by the band of its size. {target} asks {rate} for {terms}.",
        target=target,
        rate=rate(wanted),
        terms=asked.terms,
    )


def not_over(report: DistrictReport) -> str | None:
    if report.made_at >= report.period.ends_at:
        return None
    return say(
        "{the_week} isn't over: this is as of {moment}.",
        the_week=capital(the(report.period)),
        moment=moment(report.made_at, ZoneInfo(report.timezone)),
    )


def how_they_stand(report: DistrictReport) -> list[str]:
    """How many meet, are short, have no verdict, are silent; and who is silent since when."""
    counts = report.counts
    words = [
        say(
            "Schools that meet their part of the target: {meets} of {schools}. Short of it: {short}. Without "
            "enough evidence: {none}. Silent: {silent}.",
            schools=f"{len(report.schools):,}",
            meets=f"{counts['meets']:,}",
            short=f"{counts['short']:,}",
            none=f"{counts['not enough evidence']:,}",
            silent=f"{counts['silent']:,}",
        )
    ]
    worst = [one for one in report.schools if one.state == "short" and one.gap]
    if worst and worst[0].gap:
        words.append(
            say(
                "The worst gap is at {school}: {share} of what is recommended.",
                school=worst[0].site.name,
                share=percent(worst[0].gap.share_met),
            )
        )
    if words_of := silent_words(report):
        words.append(words_of)
    return words


def silent_words(report: DistrictReport) -> str | None:
    """Who is silent, since when."""
    silent = [one for one in (*report.gateways, *report.schools) if one.state == "silent"]
    if not silent:
        return None
    told = [_since(report, one) for one in silent[:NAMED]]
    if len(silent) > NAMED:
        told.append(say("{n} more", n=f"{len(silent) - NAMED:,}"))
    return say("Silent: {schools}.", schools=listed(told))


def _since(report: DistrictReport, one: SchoolStanding) -> str:
    if one.heard_at is None:
        return say("{school}, never heard", school=one.site.name)
    when = moment(one.heard_at, ZoneInfo(report.timezone))
    return say("{school} since {when}", school=one.site.name, when=when)


def circuits(report: DistrictReport) -> list[str]:
    """How many circuits there are, how far they are known, and what they were asked for."""
    many, judged = len(report.circuits), report.circuits_judged
    shared = sum(len(one.circuit.schools) > 1 for one in report.circuits)
    words = [
        say(
            "Circuits: {circuits}. Shared by several schools, and counted once: {shared}. Known well enough: "
            "{judged}.",
            circuits=f"{many:,}",
            shared=f"{shared:,}",
            judged=f"{judged:,}",
        )
    ]
    if judged < many:
        words.append(say("What the circuits without enough evidence lack isn't in the gap."))
    contracted = [one.circuit.contract.down_mbps for one in report.circuits]
    known = [mbps for mbps in contracted if mbps is not None]
    if known and len(known) == many:
        words.append(say("Contracted are {rate} down.", rate=rate(sum(known))))
    elif known:
        words.append(
            say(
                "Contracted are {rate} down, over the {known} of {circuits} whose contract is known.",
                rate=rate(sum(known)),
                known=f"{len(known):,}",
                circuits=f"{many:,}",
            )
        )
    if many > 1 and report.demand.down.at_least_mbps is not None:
        words.append(
            say(
                "All circuits' demand together, 95 % of school hours: {demand} down. These are bounds: "
                "nobody knows whether they were busy at the same time, and percentiles don't add up.",
                demand=bounds(report.demand.down),
            )
        )
    return words


def of_the_site(report: DistrictReport) -> list[str]:
    words = []
    for one in (*report.schools, *report.gateways):
        if one.p95.down.at_most_mbps is not None:
            words.append(
                say(
                    "In school hours the site used {rate} or less for 95 % of the time.",
                    rate=rate(one.p95.down.at_most_mbps),
                )
            )
        words.append(
            say(
                "{trusted} trusted tests; data was found for {share} of school hours.",
                trusted=f"{one.tests_trusted:,}",
                share=percent(one.coverage),
            )
        )
    return [*words, *_shared(report)]


def _shared(report: DistrictReport) -> list[str]:
    """That a site's circuit is also others', so that nobody takes the circuit's gap for the site's."""
    return [
        say_many(
            "It is on the circuit {circuit} with {n} other site. What closing the gap costs, and what is "
            "asked, is of that circuit as a whole.",
            "It is on the circuit {circuit} with {n} other sites. What closing the gap costs, and what is "
            "asked, is of that circuit as a whole.",
            one.elsewhere,
            circuit=one.circuit.site.name,
        )
        for one in report.circuits
        if one.elsewhere
    ]


def on_the_gateway(report: DistrictReport) -> str:
    """What no summary holds, and where it is."""
    return say(
        "Summaries hold no single test, no five-minute mean and no single outage: the full report with "
        "forecast, heat map and every test is made on the site's gateway by `bandgap report {option}`.",
        option=option(report.period),
    )


def bounds(figure: Bounds) -> str:
    """`320 Mbps`, `180 to 700 Mbps`, `at least 180 Mbps`, or a dash where nothing is known."""
    low, high = figure.at_least_mbps, figure.at_most_mbps
    if low is None:
        return "–"
    if high is None:
        return say("at least {rate}", rate=rate(low))
    if rate(low) == rate(high):
        return rate(low)
    return say("{low} to {high}", low=rate(low).removesuffix(" Mbps"), high=rate(high))
