"""What a board reads below the verdict of a district's report: cost, risk, the ask and its date.

Each part always has a line; what isn't known says why.
"""

from __future__ import annotations

from reports.board_words import Part
from reports.cost_words import money
from reports.district import Bounds, CostSum, DistrictReport, first_deadline
from reports.district_words import NAMED, circuits, how_they_stand, of_the_site, on_the_gateway
from reports.gaps import Gap
from reports.period_words import date_words
from reports.sentences import percent
from reports.week_words import duration
from reports.wording import listed, say, say_many


def parts(report: DistrictReport) -> tuple[Part, ...]:
    """What a board reads below the verdict, in its order."""
    if report.place.scope == "site":
        return (
            Part(say("What the line carries"), tuple(of_the_site(report))),
            Part(say("What closing the gap costs"), tuple(cost(report))),
            Part(say("What is at risk"), tuple(risk(report))),
            Part(say("What is asked"), tuple(asks(report))),
            Part(say("What is on the gateway alone"), (on_the_gateway(report),)),
        )
    return (
        Part(say("How the schools stand"), tuple(how_they_stand(report))),
        Part(say("What the circuits carry"), tuple(circuits(report))),
        Part(say("What closing the gap costs"), tuple(cost(report))),
        Part(say("What is at risk"), tuple(risk(report))),
        Part(say("What is asked"), tuple(asks(report))),
    )


def cost(report: DistrictReport) -> list[str]:
    """What closing the gap costs, summed by circuit where a price is known."""
    short = report.circuits_short
    if not short and report.circuits_judged == len(report.circuits) and report.circuits:
        return [say("The recommendation is met: there is no gap to close, and nothing to pay for it.")]
    if not short:
        return [say("What closing the gap costs is worked out once a circuit is known to be short.")]
    words = []
    for one in report.costs:
        if one.target_monthly is None:
            words.append(
                say(
                    "No price is known in {currency}: {circuits} of the short circuits aren't in the sum.",
                    currency=one.currency,
                    circuits=f"{one.circuits:,}",
                )
            )
            continue
        words += _priced(one)
    return words or [say("No price is known of the circuits that are short.")]


def _priced(one: CostSum) -> list[str]:
    words = [
        say_many(
            "Gross: the {n} circuit that is short would cost about {price} a month at what is recommended "
            "({source}).",
            "Gross: the {n} circuits that are short would cost about {price} a month at what is recommended "
            "({source}).",
            one.priced,
            price=money(one.target_monthly or 0.0, one.currency),
            source=one.price_source or "",
        )
    ]
    if one.more_monthly is not None:
        words.append(_more(one, one.more_monthly))
    else:
        words.append(say("What is paid for them today isn't known."))
    if one.net_monthly is None:
        words.append(say("Local share: all of that, as long as no E-rate discount is known."))
    else:
        words.append(
            say(
                "E-rate pays {share} of it ({source}). Local share: {price} a month.",
                share=percent(one.discount),
                source=one.discount_source or "",
                price=money(one.net_monthly, one.currency),
            )
        )
    return words


def _more(one: CostSum, more: float) -> str:
    price = money(abs(more), one.currency)
    if one.compared == one.circuits:
        if more < 0:
            return say("That is {price} less than is paid today.", price=price)
        return say("That is {price} more than is paid today.", price=price)
    return say(
        "What is paid today is known of {compared} of {circuits} of them; for these it is {price} "
        "{more_or_less}.",
        compared=f"{one.compared:,}",
        circuits=f"{one.circuits:,}",
        price=price,
        more_or_less=say("more") if more >= 0 else say("less"),
    )


def risk(report: DistrictReport) -> list[str]:
    """Outages as far as summaries tell them, and circuits that demand fills."""
    sites = (*report.schools, *report.gateways)
    told = [one for one in sites if one.outage_minutes is not None]
    out = [one for one in told if one.outage_minutes]
    words = []
    if not told:
        words.append(say("Whether there were outages isn't known."))
    elif not out:
        words.append(
            say_many(
                "The {n} site that tells of outages had none.",
                "None of the {n} sites that tell of outages had one.",
                len(told),
            )
        )
    elif report.place.scope == "site":
        words.append(
            say("The site was without Internet for {duration}.", duration=_length(out[0].outage_minutes))
        )
    else:
        worst = max(out, key=lambda one: (one.outage_minutes or 0.0, one.site.id or ""))
        words.append(
            say(
                "{out} of {told} sites were without Internet, the longest {school} for {duration}.",
                out=f"{len(out):,}",
                told=f"{len(told):,}",
                school=worst.site.name,
                duration=_length(worst.outage_minutes),
            )
        )
    full = [one for one in report.circuits if _full(one.p95.down, one.gap)]
    if full:
        words.append(
            say_many(
                "On {n} circuit demand in school hours takes four fifths or more of what is delivered.",
                "On {n} circuits demand in school hours takes four fifths or more of what is delivered.",
                len(full),
            )
        )
    return words


def _length(count: float | None) -> str:
    return duration((count or 0.0) * 60)


def _full(demand: Bounds, gap: Gap | None) -> bool:
    """Whether demand surely fills a circuit: its lower bound, of a delivered figure that is no bound."""
    if gap is None or gap.at_least or gap.delivered.down_mbps is None or demand.at_least_mbps is None:
        return False
    return demand.at_least_mbps >= 0.8 * gap.delivered.down_mbps


def asks(report: DistrictReport) -> list[str]:
    """What is asked of whom, and by when."""
    short = [one for one in report.circuits if one.gap and one.gap.verdict == "short"]
    words = []
    if short:
        names = listed([one.circuit.site.name for one in short[:NAMED]])
        more = len(short) - NAMED
        words.append(
            say(
                "Of the board: a decision on {circuits}.",
                circuits=names if more <= 0 else say("{names} and {n} more", names=names, n=f"{more:,}"),
            )
        )
    elif report.verdict == "meets":
        words.append(say("Of the board: nothing. The circuits do what is recommended."))
    else:
        words.append(say("Of the board: nothing yet, the evidence doesn't suffice."))
    silent = sum(one.state == "silent" for one in (*report.schools, *report.gateways))
    if silent:
        words.append(
            say_many(
                "Of the technicians: to look after {n} site that is silent.",
                "Of the technicians: to look after {n} sites that are silent.",
                silent,
            )
        )
    if short:
        words.append(_by_when(report))
    return words


def _by_when(report: DistrictReport) -> str:
    day, closes = first_deadline(report), report.asked.finance.erate.window_closes
    if day is None:
        return say("No date is known: erate.window_closes in collector.toml, or a contract's end, names one.")
    if day == closes:
        return say("By {date}, when the E-rate window closes.", date=date_words(day))
    return say("By {date}, when the first of these contracts ends.", date=date_words(day))
