"""Where a week's trouble lies: this machine, the school, the gateway, the provider's line, or beyond.

Each finding stands on what was seen, and says it beside itself: which rung failed in an outage, what flags of
tests tell, capacity against the contract, school hours against other hours, latency under load. A finding
says where to look first and is no proof. Where too little was seen, that is said in the findings' place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from reports.confirmation import SERVER_LIMITED
from reports.congestion import Congestion
from reports.samples import CapacitySample, Outage, Rates, Rung, Stretch
from reports.sentences import FLAGS, NO_MEASUREMENT, latency, percent, rate
from reports.ways import BothWays
from reports.wording import capital, later, listed, say, say_as, say_many

Place = Literal["this machine", "the school's network", "the gateway", "the provider's line", "beyond"]

SHORT_OF_CONTRACT = 0.9
"""Delivered under this share of the contract is worth a call: headers alone take some of a line's rate, and a
line of 1,000 Mbps shows 930 to 940 at most (NANOG, August 2009)."""
SLOW_UNDER_LOAD_MS = 100.0
"""More than this on top of the idle round trip is heard in a call. This product's practice, no standard's."""

LOOK: dict[Rung, tuple[Place, str]] = {
    "link": ("this machine", later("The cable of this machine, or the device at its other end, had no link")),
    "address": ("the provider's line", later("The line gave no address")),
    "gateway": ("the gateway", later("The next device on the way out didn't answer")),
    "dns": (
        "beyond",
        later("Names couldn't be resolved though the gateway answered: look at the DNS servers"),
    ),
    "internet": ("the provider's line", later("The gateway answered, and nothing beyond it did")),
}
"""What failed in an outage: where to look first, and in which words."""

HERE = ("nic_limited", "exceeds_link_speed", "half_duplex", "wifi", "cpu_bound", "link_flapped", "tunnel")
FILTERED = ("proxied", "tls_intercepted")
FILTERS = ("captive_portal", "proxy", "tls_intercepted")
SERVERS = ("server_busy", "server_error", "refused", "not_a_server", "server_list")


@dataclass(frozen=True, slots=True)
class Finding:
    """Where to look, in a sentence, and the evidence for it."""

    place: Place
    sentence: str
    evidence: str


class LessThanBought(Finding):
    """A finding that the line's provider has to explain."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FaultPlace:
    """What was found, by place from this machine outwards; ``cannot_tell`` says what nothing is known of."""

    findings: tuple[Finding, ...] = ()
    cannot_tell: str | None = None


def place_words(place: Place) -> str:
    """Where to look, inside a sentence."""
    words: dict[Place, str] = {
        "this machine": say("this machine"),
        "the school's network": say("the school's network"),
        "the gateway": say("the gateway"),
        "the provider's line": say("the provider's line"),
        "beyond": say_as("place", "beyond"),
    }
    return words[place]


def fault_place(
    outages: Sequence[Outage],
    probed: Sequence[Stretch],
    tests: Sequence[CapacitySample],
    contracted: Rates,
    congested: BothWays[Congestion],
    *,
    on_path: bool = True,
) -> FaultPlace:
    """Locates a week's faults. ``on_path`` is False on a machine at a switch port, where what stands next on
    the way out is the school's own."""
    found = [
        *_outages(outages, on_path=on_path),
        *_tests(tests),
        *_short_of_contract(tests, contracted, congested),
        *_congested(congested),
        *_slow_under_load(tests),
    ]
    order = get_args(Place)
    findings = tuple(sorted(found, key=lambda finding: order.index(finding.place)))
    return FaultPlace(findings, _cannot_tell(probed, tests))


def _outages(outages: Sequence[Outage], *, on_path: bool) -> Iterator[Finding]:
    portal = [one for one in outages if "captive portal" in (one.detail or "")]
    if portal:
        yield Finding(
            "the school's network",
            say("A captive portal or a filter answered in the Internet's place"),
            _out(portal),
        )
    for rung, (place, sentence) in LOOK.items():
        of_it = [one for one in outages if one.rung == rung and one not in portal]
        if of_it:
            inside = not on_path and rung in ("link", "address")
            yield Finding("the school's network" if inside else place, say(sentence), _out(of_it))


def _out(outages: Sequence[Outage]) -> str:
    minutes = sum(one.seconds for one in outages) / 60
    shown = say("under 1 minute") if minutes < 1 else say_many("{n} minute", "{n} minutes", round(minutes))
    return say_many(
        "{n} outage, {time} in all", "{n} outages, {time} in all", len(outages), n=len(outages), time=shown
    )


def _tests(tests: Sequence[CapacitySample]) -> Iterator[Finding]:
    measured = [test for test in tests if test.outcome == "ok" and not test.imported]
    failed = [test for test in tests if test.outcome == "no_measurement"]
    for flag in HERE:
        if count := sum(flag in test.flags for test in measured):
            yield Finding("this machine", capital(say(FLAGS[flag])), _of_measured(count, measured))
    for flag in FILTERED:
        if count := sum(flag in test.flags for test in measured):
            yield Finding("the school's network", capital(say(FLAGS[flag])), _of_measured(count, measured))
    for reason in FILTERS:
        if count := sum(test.reason == reason for test in failed):
            yield Finding(
                "the school's network", capital(say(NO_MEASUREMENT[reason])), _of_made(count, tests)
            )
    if count := sum(SERVER_LIMITED in test.flags or "server_bound" in test.flags for test in measured):
        yield Finding(
            "beyond",
            say("The measurement server was the limit, not the line"),
            _of_measured(count, measured),
        )
    if count := sum(test.reason in SERVERS for test in failed):
        yield Finding(
            "beyond",
            say("The measurement server didn't serve; that says nothing of the line"),
            _of_made(count, tests),
        )


_OF_CONTRACT = {
    "down": later("At its better hours the line delivers {share} of the contract's download rate"),
    "up": later("At its better hours the line delivers {share} of the contract's upload rate"),
}
_CONGESTED = {
    "down": later(
        "In school hours the line itself carries less download than at other hours, others' traffic counted "
        "in: the provider's line or network is full"
    ),
    "up": later(
        "In school hours the line itself carries less upload than at other hours, others' traffic counted "
        "in: the provider's line or network is full"
    ),
}


def _short_of_contract(
    tests: Sequence[CapacitySample], contracted: Rates, congested: BothWays[Congestion]
) -> Iterator[Finding]:
    """Where other hours reach the contract, the fault is the school hours' and told as such."""
    for way, bought, seen in (
        ("down", contracted.down_mbps, congested.down),
        ("up", contracted.up_mbps, congested.up),
    ):
        best = max((mbps for mbps in (seen.school_mbps, seen.other_mbps) if mbps is not None), default=None)
        enough = seen.school_tests + seen.other_tests >= 5
        if bought and best is not None and enough and best < SHORT_OF_CONTRACT * bought:
            yield LessThanBought(
                "the provider's line",
                say(_OF_CONTRACT[way], share=percent(best / bought)),
                say(
                    "{rate} of {bought}, {tests} trusted tests",
                    rate=rate(best),
                    bought=rate(bought),
                    tests=seen.school_tests + seen.other_tests,
                ),
            )


def _congested(congested: BothWays[Congestion]) -> Iterator[Finding]:
    for way, seen in (("down", congested.down), ("up", congested.up)):
        if seen.verdict == "congested upstream":
            yield Finding(
                "the provider's line",
                say(_CONGESTED[way]),
                say(
                    "{rate} in school hours ({tests}), {other_rate} outside of them ({other_tests})",
                    rate=rate(seen.school_mbps),
                    tests=_count(seen.school_tests),
                    other_rate=rate(seen.other_mbps),
                    other_tests=_count(seen.other_tests),
                ),
            )


def _slow_under_load(tests: Sequence[CapacitySample]) -> Iterator[Finding]:
    """A long queue stands before the narrowest place; which device holds it can't be seen from one end."""
    pairs = [
        (test.latency_idle_ms, test.latency_loaded_ms)
        for test in tests
        if test.trusted and test.latency_idle_ms is not None and test.latency_loaded_ms is not None
    ]
    slow = sum(loaded - idle >= SLOW_UNDER_LOAD_MS for idle, loaded in pairs)
    if len(pairs) >= 5 and slow > len(pairs) / 2:
        idle = sorted(pair[0] for pair in pairs)[len(pairs) // 2]
        loaded = sorted(pair[1] for pair in pairs)[len(pairs) // 2]
        yield Finding(
            "the gateway",
            say(
                "A full line makes everything wait: the gateway or the device at the line's end queues too "
                "much"
            ),
            say(
                "{idle} idle, {loaded} under load, in {slow} of {tests} tests slow",
                idle=latency(idle),
                loaded=latency(loaded),
                slow=slow,
                tests=len(pairs),
            ),
        )


def _cannot_tell(probed: Sequence[Stretch], tests: Sequence[CapacitySample]) -> str | None:
    trusted = sum(test.trusted for test in tests)
    lacking = []
    if not probed:
        lacking.append(say("whether the Internet is in reach was not probed"))
    if trusted < 5:
        lacking.append(
            say_many("only {n} of the tests count", "only {n} of the tests count", trusted, n=trusted)
            if trusted
            else say("no test counts")
        )
    return say("Where else trouble lies can't be told: {why}.", why=listed(lacking)) if lacking else None


def _count(tests: int) -> str:
    return say_many("{n} test", "{n} tests", tests, n=tests)


def _of_measured(count: int, tests: Sequence[CapacitySample]) -> str:
    n = len(tests)
    return say_many("{count} of {n} test measured", "{count} of {n} tests measured", n, n=n, count=count)


def _of_made(count: int, tests: Sequence[CapacitySample]) -> str:
    n = len(tests)
    return say_many("{count} of {n} test made", "{count} of {n} tests made", n, n=n, count=count)
