"""How a week's figures were made, and whose recommendation they are held to."""

from __future__ import annotations

from reports.confirmation import is_unconfirmed
from reports.percentiles import P95_METHOD
from reports.period_words import days_named, this
from reports.periods import SLOT_S
from reports.sentences import percent
from reports.sites import WEEKDAYS, Site
from reports.summaries import ENOUGH_OF_A_SLOT
from reports.week import WeeklyReport
from reports.wording import capital, later, say, say_many

PRIVACY = later(
    "Made from the byte counters of one interface, throughput tests, probes of reachability and school facts "
    "only. No content, no names, no addresses of devices and nothing about a person is read or kept. A "
    "measurement server and the hosts that are probed see the school's public address, as every server does."
)

SCHOOL_HOURS_SOURCE = "https://www2.mcnc.org/ncren/portal/reporting/ncren_utilization_map"


def source_note(report: WeeklyReport) -> str:
    """Whose recommendation the verdict is held against."""
    if not report.gaps:
        return ""
    target = report.gaps[0].target
    where = [target.issuer, target.document, *([str(target.year)] if target.year else [])]
    return say("Recommendation: {source}, for {years}.", source=", ".join(where), years=target.for_years)


def methods(report: WeeklyReport) -> tuple[tuple[str, str], ...]:
    """How the figures came about: a name and a statement each."""
    rule = report.rule
    return (
        (
            say("Three numbers"),
            say(
                "Contracted is what was bought, delivered is the median of the trusted throughput tests, "
                "demanded is the 95th percentile of school-hours use. They are never mixed. The gap is "
                "target minus delivered, in the direction that falls shortest of the target."
            ),
        ),
        (say("95th percentile"), say(P95_METHOD)),
        (
            say("Five-minute means"),
            say(
                "A mean counts when at least {share} of its {seconds} seconds were observed. Seconds in "
                "which the agent was off, the counters were reset or a throughput test was running are left "
                "out together with their bytes. Missing data is never counted as zero.",
                share=percent(ENOUGH_OF_A_SLOT),
                seconds=SLOT_S,
            ),
        ),
        (
            say("School hours"),
            say(
                "{hours}. The default, Monday to Friday 07:00 to 17:00, is the "
                "utilisation rule of NCREN/MCNC, North Carolina ({source}).",
                hours=capital(school_hours_words(report.site)),
                source=SCHOOL_HOURS_SOURCE,
            ),
        ),
        (
            say("Growth"),
            say(
                "Each week's 95th percentile is held against the same week of years before, for September "
                "against June is the school year and no growth; the median of those rates counts (Theil "
                "1950, Sen 1968). A date is where that growth takes the demand of the last eight school "
                "weeks. Scenarios are others' rates, each with its source."
            ),
        ),
        (
            say("Confirmation"),
            _confirmation(report),
        ),
        (
            say("Evidence"),
            say(
                "A verdict takes {tests} trusted tests on {days} school days. That is this product's "
                "practice; no standard names a number. A test beside traffic that nobody counted is a lower "
                "bound: it may show that a target is met, and never that the line falls short of it.",
                tests=rule.min_tests,
                days=rule.min_school_days,
            ),
        ),
    )


def _confirmation(report: WeeklyReport) -> str:
    told = say(
        "A test below target is followed by one more on another server, where there is one. If that gives "
        "more, the first server was the limit and its test is untrusted; else the two count once."
    )
    return " ".join(filter(None, (told, _unconfirmed(report))))


def _unconfirmed(report: WeeklyReport) -> str | None:
    count = sum(is_unconfirmed(test) for test in report.tests)
    if not count:
        return None
    return say_many(
        "{n} test of {this_week} could not be confirmed: the server may have been the limit.",
        "{n} tests of {this_week} could not be confirmed: the server may have been the limit.",
        count,
        n=count,
        this_week=this(report.period),
    )


def school_hours_words(site: Site) -> str:
    """`Mon, Tue, Wed, Thu, Fri 07:00-17:00, America/Chicago`, with runs of days as `Monday to Friday`."""
    numbers, named = [WEEKDAYS.index(day) for day in site.school_days], days_named()
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        days = say("{start} to {end}", start=named[numbers[0]], end=named[numbers[-1]])
    else:
        days = ", ".join(named[n] for n in numbers)
    opens, _, closes = site.school_hours.partition("-")
    return f"{days}, {say('{start} to {end}', start=opens, end=closes)}, {site.timezone}"
