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

Place = Literal["this machine", "the school's network", "the gateway", "the provider's line", "beyond"]

SHORT_OF_CONTRACT = 0.9
"""Delivered under this share of the contract is worth a call: headers alone take some of a line's rate, and a
line of 1,000 Mbps shows 930 to 940 at most (NANOG, August 2009)."""
SLOW_UNDER_LOAD_MS = 100.0
"""More than this on top of the idle round trip is heard in a call. This product's practice, no standard's."""

LOOK: dict[Rung, tuple[Place, str]] = {
    "link": ("this machine", "The cable of this machine, or the device at its other end, had no link"),
    "address": ("the provider's line", "The line gave no address"),
    "gateway": ("the gateway", "The next device on the way out didn't answer"),
    "dns": ("beyond", "Names couldn't be resolved though the gateway answered: look at the DNS servers"),
    "internet": ("the provider's line", "The gateway answered, and nothing beyond it did"),
}
"""What failed in an outage: where to look first, and in which words."""

WAY_WORDS = {"down": "download", "up": "upload"}
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


@dataclass(frozen=True, slots=True)
class FaultPlace:
    """What was found, by place from this machine outwards; ``cannot_tell`` says what nothing is known of."""

    findings: tuple[Finding, ...] = ()
    cannot_tell: str | None = None


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
            "A captive portal or a filter answered in the Internet's place",
            _out(portal),
        )
    for rung, (place, sentence) in LOOK.items():
        of_it = [one for one in outages if one.rung == rung and one not in portal]
        if of_it:
            inside = not on_path and rung in ("link", "address")
            yield Finding("the school's network" if inside else place, sentence, _out(of_it))


def _out(outages: Sequence[Outage]) -> str:
    minutes = sum(one.seconds for one in outages) / 60
    shown = "under 1 minute" if minutes < 1 else f"{minutes:,.0f} minute{'' if round(minutes) == 1 else 's'}"
    return f"{_count(len(outages), 'outage')}, {shown} in all"


def _tests(tests: Sequence[CapacitySample]) -> Iterator[Finding]:
    measured = [test for test in tests if test.outcome == "ok" and not test.imported]
    failed = [test for test in tests if test.outcome == "no_measurement"]
    for flag in HERE:
        if count := sum(flag in test.flags for test in measured):
            yield Finding("this machine", _sentence(FLAGS[flag]), _of(count, measured, "measured"))
    for flag in FILTERED:
        if count := sum(flag in test.flags for test in measured):
            yield Finding("the school's network", _sentence(FLAGS[flag]), _of(count, measured, "measured"))
    for reason in FILTERS:
        if count := sum(test.reason == reason for test in failed):
            yield Finding(
                "the school's network", _sentence(NO_MEASUREMENT[reason]), _of(count, tests, "made")
            )
    if count := sum(SERVER_LIMITED in test.flags or "server_bound" in test.flags for test in measured):
        yield Finding(
            "beyond", "The measurement server was the limit, not the line", _of(count, measured, "measured")
        )
    if count := sum(test.reason in SERVERS for test in failed):
        yield Finding(
            "beyond",
            "The measurement server didn't serve; that says nothing of the line",
            _of(count, tests, "made"),
        )


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
            yield Finding(
                "the provider's line",
                f"At its better hours the line delivers {percent(best / bought)} of the contract's "
                f"{WAY_WORDS[way]} rate",
                f"{rate(best)} of {rate(bought)}, {seen.school_tests + seen.other_tests} trusted tests",
            )


def _congested(congested: BothWays[Congestion]) -> Iterator[Finding]:
    for way, seen in (("down", congested.down), ("up", congested.up)):
        if seen.verdict == "congested upstream":
            yield Finding(
                "the provider's line",
                f"In school hours the line itself carries less {WAY_WORDS[way]} than at other hours, others' "
                "traffic counted in: the provider's line or network is full",
                f"{rate(seen.school_mbps)} in school hours ({_count(seen.school_tests, 'test')}), "
                f"{rate(seen.other_mbps)} outside of them ({_count(seen.other_tests, 'test')})",
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
            "A full line makes everything wait: the gateway or the device at the line's end queues too much",
            f"{latency(idle)} idle, {latency(loaded)} under load, in {slow} of {len(pairs)} tests slow",
        )


def _cannot_tell(probed: Sequence[Stretch], tests: Sequence[CapacitySample]) -> str | None:
    trusted = sum(test.trusted for test in tests)
    lacking = []
    if not probed:
        lacking.append("whether the Internet is in reach was not probed")
    if trusted < 5:
        lacking.append("no test counts" if not trusted else f"only {trusted} of the tests count")
    return f"Where else trouble lies can't be told: {' and '.join(lacking)}." if lacking else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _of(count: int, tests: Sequence[CapacitySample], what: str) -> str:
    return f"{count} of {_count(len(tests), 'test')} {what}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
