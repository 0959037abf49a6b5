"""What a weekly report says of its week in words: the sentences that all its formats share.

Times are the site's own here, dates are written out in the report's language whatever the machine's
locale.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from reports.gaps import Gap
from reports.period_words import day_month, short_days, this
from reports.periods import SLOT_S
from reports.samples import Rates
from reports.sentences import moved, octets, percent, rate, span, verdict
from reports.sites import Contract
from reports.summaries import ENOUGH_OF_A_SLOT, CapacityFigures, UsageFigures
from reports.week import WeeklyReport
from reports.wording import capital, later, listed, say, say_as, say_many


def headline(report: WeeklyReport) -> str:
    """The verdict sentence of the target set that the site named first."""
    if not report.gaps:
        return say("No verdict: no target set is chosen, set targets.sets.")
    words = verdict(report.gaps[0])
    return say("What if: {verdict}", verdict=words) if report.what_if else words


def served(gap: Gap, *, supposed: bool = False) -> str | None:
    """What the delivered capacity means in people, for somebody who doesn't think in Mbps; ``supposed`` is
    that of a what-if."""
    if gap.people is None or gap.people_served is None or gap.share_met is None:
        return None
    so_far = gap.verdict == "not enough evidence"
    people = f"{gap.people:,}"
    if gap.share_met >= 1:
        return say(_ALL_SERVED[so_far, supposed], people=people)
    share, enough = percent(gap.share_met), f"{gap.people_served:,}"
    return say(_SOME_SERVED[so_far, supposed], share=share, served=enough, people=people)


_ALL_SERVED = {
    (False, False): later(
        "The line delivers enough for all {people} people it serves, at the recommended rate."
    ),
    (False, True): later(
        "The line would deliver enough for all {people} people it serves, at the recommended rate."
    ),
    (True, False): later(
        "So far the line delivers enough for all {people} people it serves, at the recommended rate."
    ),
    (True, True): later(
        "So far the line would deliver enough for all {people} people it serves, at the recommended rate."
    ),
}
"""By whether there is no verdict yet, and whether it is a what-if."""
_SOME_SERVED = {
    (False, False): later(
        "The line delivers {share} of what is recommended: enough for {served} of the {people} people it "
        "serves."
    ),
    (False, True): later(
        "The line would deliver {share} of what is recommended: enough for {served} of the {people} people "
        "it serves."
    ),
    (True, False): later(
        "So far the line delivers {share} of what is recommended: enough for {served} of the {people} people "
        "it serves."
    ),
    (True, True): later(
        "So far the line would deliver {share} of what is recommended: enough for {served} of the {people} "
        "people it serves."
    ),
}


def demanded(report: WeeklyReport) -> str | None:
    """The 95th percentile of school hours as a sentence that explains itself."""
    p95 = report.summary.usage_school.p95
    if p95.down_mbps is None:
        return None
    return say(
        "In school hours the school used {rate} or less for 95 % of the time.", rate=rate(p95.down_mbps)
    )


def not_over(report: WeeklyReport) -> str | None:
    """How far a report of a running period reaches."""
    if report.summary.complete:
        return None
    as_of = moment(report.summary.through_at, report.hours.zone)
    if report.period.kind == "month":
        return say("The month isn't over: this is as of {moment}.", moment=as_of)
    if report.period.kind == "school-year":
        return say("The school year isn't over: this is as of {moment}.", moment=as_of)
    return say("The week isn't over: this is as of {moment}.", moment=as_of)


def no_demand(report: WeeklyReport) -> str:
    """Why there is no demand to draw: no counter was read, or not yet for long enough."""
    seconds = sum(sample.interval_s for sample in report.usage)
    if not seconds and report.uncounted:
        return f"{capital(report.uncounted)}."
    if not seconds:
        return say("No demand was counted on this line in {this_week}.", this_week=this(report.period))
    return say(
        "Demand was counted for {time}; a five-minute mean takes {least} of its five minutes.",
        time=span(seconds),
        least=span(SLOT_S * ENOUGH_OF_A_SLOT),
    )


@dataclass(frozen=True, slots=True)
class Capacity:
    """One of contracted, delivered and demanded capacity, each way, and what it rests on."""

    name: str
    rates: Rates
    source: str


def numbers(report: WeeklyReport) -> tuple[Capacity, ...]:
    """Contracted, delivered and demanded: three rows, never mixed."""
    contract, summary = report.contract, report.summary
    bought = ", ".join(part for part in (contract.provider, connection_words(contract)) if part)
    told = contract.down_mbps is not None or contract.up_mbps is not None
    bound = report.gaps[0] if report.gaps and report.gaps[0].at_least and not report.what_if else None
    measured = (
        Capacity(
            say("Contracted"),
            Rates(contract.down_mbps, contract.up_mbps),
            (bought or say("As set in agent.toml")) if told else say("Not set in agent.toml"),
        ),
        Capacity(
            say("Delivered"),
            bound.delivered if bound else summary.capacity.typical,
            delivered_from(summary.capacity, bound),
        ),
        Capacity(say("Demanded"), summary.usage_school.p95, say("95 % of school hours, five-minute means")),
    )
    return measured + _supposed(report)


def _supposed(report: WeeklyReport) -> tuple[Capacity, ...]:
    """What a what-if puts in the place of what was measured, in rows of its own."""
    asked, down, up = report.what_if, report.headroom.down, report.headroom.up
    rows = []
    if asked is not None and asked.capacity_down_mbps is not None:
        delivers = Rates(down.capacity_mbps, up.capacity_mbps)
        rows.append(Capacity(say("Supposed line"), delivers, say("What if")))
    if asked is not None and asked.added_mbps:
        demands = Rates(down.p95_mbps, up.p95_mbps)
        rows.append(Capacity(say("Supposed demand"), demands, say("What if: with what comes on top")))
    return tuple(rows)


def delivered_from(capacity: CapacityFigures, gap: Gap | None) -> str:
    """What the delivered capacity rests on; `At least: ...` where the gap rests on lower bounds."""
    if gap and gap.at_least:
        return say_many("At least: median of {n} test", "At least: median of {n} tests", gap.tests)
    count = capacity.tests_trusted
    if not count:
        return say("No trusted test")
    return say_many("Median of {n} trusted test", "Median of {n} trusted tests", count)


def connection_words(contract: Contract) -> str | None:
    """What the line is made of."""
    return connection_named(contract.connection) if contract.connection else None


def connection_named(connection: str) -> str:
    """A kind of line in words; one that isn't known by its own name."""
    words = {
        "fibre": say("fibre"),
        "cable": say_as("connection", "cable"),
        "dsl": say("dsl"),
        "fixed-wireless": say("fixed-wireless"),
        "satellite": say("satellite"),
        "mobile": say_as("connection", "mobile"),
        "other": say_as("connection", "other"),
    }
    return words.get(connection, connection)


def tally(report: WeeklyReport) -> str:
    """How many tests there were, how many count, and what they moved."""
    summary, figures = report.summary, report.summary.capacity
    total = figures.tests_trusted + figures.tests_untrusted + figures.tests_failed
    if not total:
        return say("No throughput test was run.")
    parts = [say_many("{n} trusted", "{n} trusted", figures.tests_trusted)]
    if untrusted := figures.tests_untrusted:
        words = say_many("{n} untrusted", "{n} untrusted", untrusted)
        count = figures.lower_bounds
        bounds = say_many("{n} of them lower bounds", "{n} of them lower bounds", count, n=count)
        parts.append(f"{words} ({bounds})" if count else words)
    if figures.tests_failed:
        parts.append(say_many("{n} failed", "{n} failed", figures.tests_failed))
    return say_many(
        "{n} test: {kinds}. They moved {down} down and {up} up.",
        "{n} tests: {kinds}. They moved {down} down and {up} up.",
        total,
        kinds=", ".join(parts),
        down=octets(summary.tests_down_bytes),
        up=octets(summary.tests_up_bytes),
    )


def coverage(figures: UsageFigures) -> str:
    """`1,980 of 2,016 five-minute means (98 %)`."""
    return say(
        "{found} of {expected} five-minute means ({share})",
        found=f"{figures.found:,}",
        expected=f"{figures.expected:,}",
        share=percent(figures.coverage),
    )


def clock_words(report: WeeklyReport) -> str | None:
    """One line on what the clock did to this week's samples; None when there is nothing to say.

    A clock that was set before anything was dated by it did no harm.
    """
    steps = [step for step in report.clock_steps if step.believed]
    words = []
    if steps:
        most = max(steps, key=lambda step: abs(step.by_s))
        words.append(
            say_many(
                "The clock was set once by {time}, on {moment}.",
                "The clock was set {n} times, at most by {time}, on {moment}.",
                len(steps),
                n=len(steps),
                time=moved(most.by_s),
                moment=moment(most.at, ZoneInfo(report.site.timezone)),
            )
        )
    if report.undated_minutes:
        words.append(
            say_many(
                "{n} minute was counted while the clock wasn't set, and belongs to no known date.",
                "{n} minutes were counted while the clock wasn't set, and belong to no known date.",
                report.undated_minutes,
            )
        )
    return " ".join(words) or None


def made(report: WeeklyReport) -> str:
    """When the report was made, and by which clock it tells times."""
    at = moment(report.made_at, report.hours.zone)
    return say("Made {moment}, times are {zone}.", moment=at, zone=report.site.timezone)


def to_set(report: WeeklyReport) -> str | None:
    """One line that says what somebody has to tell the agent before this report is whole, or None."""
    site, contract = report.site, report.contract
    keys = [
        key
        for key, value in (
            ("site.students", site.students),
            ("site.staff", site.staff),
            ("site.district_students", site.district_students if site.serves == "school" else 0),
            ("contract.down_mbps", contract.down_mbps),
            ("contract.up_mbps", contract.up_mbps),
        )
        if value is None
    ]
    if not keys:
        return None
    return say("To complete this report, set {keys} in agent.toml.", keys=listed(keys))


def short_day(day: date) -> str:
    """`Mon 16 Nov`."""
    return say("{weekday} {date}", weekday=short_days()[day.weekday()], date=day_month(day))


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`Thu 19 Nov 10:05` by the site's clock."""
    local = at.astimezone(zone)
    return say("{date} {time}", date=short_day(local.date()), time=f"{local:%H:%M}")


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """`Thu 10:05`: a moment of a week that is known."""
    local = at.astimezone(zone)
    return say("{date} {time}", date=short_days()[local.weekday()], time=f"{local:%H:%M}")


def duration(seconds: float) -> str:
    """`40 min`, `3 h`, `3 h 20 min`; `under 1 min` for what is shorter but there."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return say("under 1 min")
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
