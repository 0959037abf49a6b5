"""What a weekly report says of its week in words: the sentences that all its formats share.

Times are the site's own here, dates are written out in English whatever the machine's locale.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from reports.confirmation import is_unconfirmed
from reports.gaps import Gap
from reports.percentiles import P95_METHOD
from reports.period_words import MONTHS, noun
from reports.periods import SLOT_S
from reports.samples import Rates
from reports.sentences import minutes, moved, octets, percent, rate, span, verdict
from reports.sites import WEEKDAYS, Site
from reports.summaries import ENOUGH_OF_A_SLOT, CapacityFigures, UsageFigures
from reports.week import WeeklyReport

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

PRIVACY = (
    "Made from the byte counters of one interface, throughput tests, probes of reachability and school facts "
    "only. No content, no names, no addresses of devices and nothing about a person is read or kept. A "
    "measurement server and the hosts that are probed see the school's public address, as every server does."
)

SCHOOL_HOURS_SOURCE = "https://www2.mcnc.org/ncren/portal/reporting/ncren_utilization_map"


def headline(report: WeeklyReport) -> str:
    """The verdict sentence of the target set that the site named first."""
    if not report.gaps:
        return "No verdict: no target set is chosen, set targets.sets."
    return ("What if: " if report.what_if else "") + verdict(report.gaps[0])


def served(gap: Gap, *, supposed: bool = False) -> str | None:
    """What the delivered capacity means in people, for somebody who doesn't think in Mbps; ``supposed`` is
    that of a what-if."""
    if gap.people is None or gap.people_served is None or gap.share_met is None:
        return None
    so_far = "So far the" if gap.verdict == "not enough evidence" else "The"
    delivers = "would deliver" if supposed else "delivers"
    if gap.share_met >= 1:
        return (
            f"{so_far} line {delivers} enough for all {gap.people:,} people it serves, at the recommended "
            "rate."
        )
    return (
        f"{so_far} line {delivers} {percent(gap.share_met)} of what is recommended: enough for "
        f"{gap.people_served:,} of the {gap.people:,} people it serves."
    )


def demanded(report: WeeklyReport) -> str | None:
    """The 95th percentile of school hours as a sentence that explains itself."""
    p95 = report.summary.usage_school.p95
    if p95.down_mbps is None:
        return None
    return f"In school hours the school used {rate(p95.down_mbps)} or less for 95 % of the time."


def not_over(report: WeeklyReport) -> str | None:
    """How far a report of a running period reaches."""
    if report.summary.complete:
        return None
    as_of = moment(report.summary.through_at, report.hours.zone)
    return f"The {noun(report.period)} isn't over: this is as of {as_of}."


def no_demand(report: WeeklyReport) -> str:
    """Why there is no demand to draw: no counter was read, or not yet for long enough."""
    seconds = sum(sample.interval_s for sample in report.usage)
    if not seconds and report.uncounted:
        return f"{report.uncounted[:1].upper()}{report.uncounted[1:]}."
    if not seconds:
        return f"No demand was counted on this line in this {noun(report.period)}."
    least = span(SLOT_S * ENOUGH_OF_A_SLOT)
    return f"Demand was counted for {span(seconds)}; a five-minute mean takes {least} of its five minutes."


@dataclass(frozen=True, slots=True)
class Capacity:
    """One of contracted, delivered and demanded capacity, each way, and what it rests on."""

    name: str
    rates: Rates
    source: str


def numbers(report: WeeklyReport) -> tuple[Capacity, ...]:
    """Contracted, delivered and demanded: three rows, never mixed."""
    contract, summary = report.contract, report.summary
    bought = ", ".join(part for part in (contract.provider, contract.connection) if part)
    told = contract.down_mbps is not None or contract.up_mbps is not None
    bound = report.gaps[0] if report.gaps and report.gaps[0].at_least and not report.what_if else None
    measured = (
        Capacity(
            "Contracted",
            Rates(contract.down_mbps, contract.up_mbps),
            (bought or "As set in agent.toml") if told else "Not set in agent.toml",
        ),
        Capacity(
            "Delivered",
            bound.delivered if bound else summary.capacity.typical,
            delivered_from(summary.capacity, bound),
        ),
        Capacity("Demanded", summary.usage_school.p95, "95 % of school hours, five-minute means"),
    )
    return measured + _supposed(report)


def _supposed(report: WeeklyReport) -> tuple[Capacity, ...]:
    """What a what-if puts in the place of what was measured, in rows of its own."""
    asked, down, up = report.what_if, report.headroom.down, report.headroom.up
    rows = []
    if asked is not None and asked.capacity_down_mbps is not None:
        delivers = Rates(down.capacity_mbps, up.capacity_mbps)
        rows.append(Capacity("Supposed line", delivers, "What if"))
    if asked is not None and asked.added_mbps:
        demands = Rates(down.p95_mbps, up.p95_mbps)
        rows.append(Capacity("Supposed demand", demands, "What if: with what comes on top"))
    return tuple(rows)


def delivered_from(capacity: CapacityFigures, gap: Gap | None) -> str:
    """What the delivered capacity rests on; `At least: ...` where the gap rests on lower bounds."""
    if gap and gap.at_least:
        return f"At least: median of {gap.tests:,} {_tests(gap.tests)}"
    count = capacity.tests_trusted
    return f"Median of {count:,} trusted {_tests(count)}" if count else "No trusted test"


def tally(report: WeeklyReport) -> str:
    """How many tests there were, how many count, and what they moved."""
    summary, figures = report.summary, report.summary.capacity
    total = figures.tests_trusted + figures.tests_untrusted + figures.tests_failed
    if not total:
        return "No throughput test was run."
    parts = [f"{figures.tests_trusted:,} trusted"]
    if figures.tests_untrusted:
        bounds = figures.lower_bounds
        of_them = f" ({bounds} of them lower bounds)" if bounds else ""
        parts.append(f"{figures.tests_untrusted:,} untrusted{of_them}")
    if figures.tests_failed:
        parts.append(f"{figures.tests_failed:,} failed")
    moved = octets(summary.tests_down_bytes), octets(summary.tests_up_bytes)
    return f"{total:,} {_tests(total)}: {', '.join(parts)}. They moved {moved[0]} down and {moved[1]} up."


def source_note(report: WeeklyReport) -> str:
    """Whose recommendation the verdict is held against."""
    if not report.gaps:
        return ""
    target = report.gaps[0].target
    year = f", {target.year}" if target.year else ""
    return f"Recommendation: {target.issuer}, {target.document}{year}, for {target.for_years}."


def coverage(figures: UsageFigures) -> str:
    """`1,980 of 2,016 five-minute means (98 %)`."""
    return f"{figures.found:,} of {figures.expected:,} five-minute means ({percent(figures.coverage)})"


def clock_words(report: WeeklyReport) -> str | None:
    """One line on what the clock did to this week's samples; None when there is nothing to say.

    A clock that was set before anything was dated by it did no harm.
    """
    steps = [step for step in report.clock_steps if step.believed]
    words = []
    if steps:
        most = max(steps, key=lambda step: abs(step.by_s))
        times = "once" if len(steps) == 1 else f"{len(steps)} times, at most"
        when = moment(most.at, ZoneInfo(report.site.timezone))
        words.append(f"The clock was set {times} by {moved(most.by_s)}, on {when}.")
    if report.undated_minutes:
        many = minutes(report.undated_minutes)
        were, belong = ("was", "belongs") if report.undated_minutes == 1 else ("were", "belong")
        words.append(f"{many} {were} counted while the clock wasn't set, and {belong} to no known date.")
    return " ".join(words) or None


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
    listed = keys[0] if len(keys) == 1 else ", ".join(keys[:-1]) + " and " + keys[-1]
    return f"To complete this report, set {listed} in agent.toml."


def methods(report: WeeklyReport) -> tuple[tuple[str, str], ...]:
    """How the figures came about: a name and a statement each."""
    rule = report.rule
    return (
        (
            "Three numbers",
            "Contracted is what was bought, delivered is the median of the trusted throughput tests, "
            "demanded is the 95th percentile of school-hours use. They are never mixed. The gap is target "
            "minus delivered, in the direction that falls shortest of the target.",
        ),
        ("95th percentile", P95_METHOD),
        (
            "Five-minute means",
            f"A mean counts when at least {percent(ENOUGH_OF_A_SLOT)} of its {SLOT_S} seconds were observed. "
            "Seconds in which the agent was off, the counters were reset or a throughput test was running "
            "are left out together with their bytes. Missing data is never counted as zero.",
        ),
        (
            "School hours",
            f"{school_hours_words(report.site)}. The default, Monday to Friday 07:00 to 17:00, is the "
            f"utilisation rule of NCREN/MCNC, North Carolina ({SCHOOL_HOURS_SOURCE}).",
        ),
        (
            "Growth",
            "Each week's 95th percentile is held against the same week of years before, for September "
            "against June is the school year and no growth; the median of those rates counts (Theil 1950, "
            "Sen 1968). A date is where that growth takes the demand of the last eight school weeks. "
            "Scenarios are others' rates, each with its source.",
        ),
        (
            "Confirmation",
            "A test below target is followed by one more on another server, where there is one. If that "
            "gives more, the first server was the limit and its test is untrusted; else the two count once."
            + _unconfirmed(report),
        ),
        (
            "Evidence",
            f"A verdict takes {rule.min_tests} trusted tests on {rule.min_school_days} school days. That is "
            "this product's practice; no standard names a number. A test beside traffic that nobody counted "
            "is a lower bound: it may show that a target is met, and never that the line falls short of it.",
        ),
    )


def _unconfirmed(report: WeeklyReport) -> str:
    count = sum(is_unconfirmed(test) for test in report.tests)
    if not count:
        return ""
    return (
        f" {count} {_tests(count)} of this {noun(report.period)} could not be confirmed: the server may have "
        "been the limit."
    )


def school_hours_words(site: Site) -> str:
    """`Mon, Tue, Wed, Thu, Fri 07:00-17:00, America/Chicago`, with runs of days as `Monday to Friday`."""
    numbers = [WEEKDAYS.index(day) for day in site.school_days]
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        days = f"{DAYS[numbers[0]]} to {DAYS[numbers[-1]]}"
    else:
        days = ", ".join(DAYS[n] for n in numbers)
    return f"{days}, {site.school_hours.replace('-', ' to ')}, {site.timezone}"


def short_day(day: date) -> str:
    """`Mon 16 Nov`."""
    return f"{DAYS[day.weekday()][:3]} {day.day} {MONTHS[day.month - 1][:3]}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`Thu 19 Nov 10:05` by the site's clock."""
    local = at.astimezone(zone)
    return f"{short_day(local.date())} {local:%H:%M}"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """`Thu 10:05`: a moment of a week that is known."""
    local = at.astimezone(zone)
    return f"{DAYS[local.weekday()][:3]} {local:%H:%M}"


def duration(seconds: float) -> str:
    """`40 min`, `3 h`, `3 h 20 min`; `under 1 min` for what is shorter but there."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under 1 min"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _tests(count: int) -> str:
    return "test" if count == 1 else "tests"
