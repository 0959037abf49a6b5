"""Verdicts and figures in words that a school secretary and a network engineer both read rightly.

The same sentence stands on the terminal, in the report and on the collector's page.
"""

from __future__ import annotations

from reports.confirmation import CONFIRMS, SERVER_LIMITED
from reports.evidence import EvidenceRule
from reports.gaps import Gap
from reports.samples import LOWER_BOUND, CapacitySample, Rung
from reports.targets import BASIS_WORDS, Requirement, TargetSet

NO_MEASUREMENT = {
    "no_link": "the WAN interface has no link",
    "no_address": "the WAN interface has no address",
    "no_gateway": "the gateway doesn't answer",
    "no_internet": "the gateway answers, and nothing beyond it does",
    "no_route": "there is no default route",
    "no_server": "no measurement server is configured: set measure.server or upload.collector",
    "no_iperf3_server": "no iperf3 server is configured: set measure.iperf3_server",
    "ndt7_consent": "M-Lab publishes each result together with this site's public IP address: set "
    "measure.ndt7_consent = true to agree, or measure.ndt7_server to a server of your own",
    "ookla_licence": "Ookla's licence isn't accepted: read it, and set measure.ookla_licence_accepted = true",
    "dns": "the server's name can't be resolved",
    "refused": "the server refused the connection",
    "unreachable": "the server can't be reached",
    "timeout": "the server didn't answer in time",
    "tls": "the server's certificate isn't trusted",
    "server_busy": "the server is busy with other tests",
    "server_error": "the server answered with an error",
    "not_a_server": "what answered is not a measurement server",
    "captive_portal": "a captive portal or a filter answered in the Internet's place",
    "proxy": "a proxy on the way answered in the server's place",
    "tls_intercepted": "the server's key is none of measure.server_pins: TLS is inspected on the way",
    "server_list": "the list of measurement servers can't be used",
    "not_enrolled": "the server tests its own enrolled sites only, and this site's token isn't one of them",
    "too_little": "too little data arrived for a figure",
    "implausible": "the engine reported figures that can't be true",
    "engine_missing": "the engine isn't installed",
    "engine_failed": "the engine broke off",
    "busy": "another test is running on this machine",
    "interrupted": "the test was interrupted",
}
"""Reason codes of ``no_measurement``, each as the end of the sentence "No measurement: ..."."""

RUNGS: dict[Rung, str] = {
    "link": "no link on the WAN interface (its cable, or the device at its other end)",
    "address": "no address on the WAN interface (DHCP or PPPoE gave none)",
    "gateway": "the gateway didn't answer (that device, or the way to it)",
    "dns": "names couldn't be resolved (the DNS servers)",
    "internet": "the gateway answered, nothing beyond it did (the provider's line or network)",
}
"""What failed in an outage, and in parentheses where to look."""

FLAGS = {
    "nic_limited": "the interface's own speed is the limit",
    "exceeds_link_speed": "the figure is above the interface's own speed",
    "truncated": "the data budget ended the test before the rate was steady",
    "not_steady": "the rate never became steady",
    "not_saturated": "more flows would have carried more: the figure is a lower bound",
    "cpu_bound": "this machine's processor may have been the limit",
    "server_bound": "the server's processor may have been the limit",
    SERVER_LIMITED: "another server gave more: this one was the limit",
    CONFIRMS: "it confirms the test before it, and the two count once",
    "proxied": "a proxy answered between here and the server",
    "tls_intercepted": "the server's key is none of measure.server_pins: TLS is inspected on the way",
    "other_traffic": "other traffic was on the line and couldn't be accounted for",
    "incomplete": "only one direction could be measured",
    "half_duplex": "the interface runs at half duplex",
    "wifi": "the test went over this machine's Wi-Fi",
    "tunnel": "the test went through a tunnel",
    "link_flapped": "the link went down and came back during the test",
    "interface_changed": "the WAN interface changed during the test",
    "clock_stepped": "the clock was set during the test",
    LOWER_BOUND: "others' traffic wasn't counted: the line carries at least this",
    "imported": "brought in from another tool, not measured by this agent",
}
"""Codes of what makes a measurement untrusted, each in words."""

REMARKS = {"burst": "the figure is what the line sustains"}
"""Codes of what to know of a figure that is right all the same: it stays trusted."""

UNCOUNTED = (
    "demand isn't known: this machine isn't on the path of all traffic (measure.sees_all_traffic is false), "
    "and no gateway is asked for its counters (see [snmp])"
)
"""Why there is no demand at a site where nothing counts it."""


def rate(mbps: float | None) -> str:
    """`94.1 Mbps`, `1,969 Mbps`, `0.35 Mbps`; never 0 for what is there; a dash where nothing is known."""
    if mbps is None:
        return "–"
    if 0 < mbps < 0.005:
        return "under 0.01 Mbps"
    places = 2 if mbps < 9.995 else 1 if mbps < 999.95 else 0
    return f"{mbps:,.{places}f} Mbps"


def both_rates(sample: CapacitySample) -> str:
    """`94.1 Mbps down, 20.3 Mbps up`."""
    return f"{rate(sample.down_mbps)} down, {rate(sample.up_mbps)} up"


def octets(count: float) -> str:
    """`41.2 MB` in decimal units, as data plans count."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} bytes"


def percent(share: float | None) -> str:
    """`47 %`; never 100 % while something is missing; a dash where nothing is known."""
    if share is None:
        return "–"
    if 0 < share < 0.01:
        return "under 1 %"
    return f"{min(int(share * 100 + 1e-9), 100)} %"


def latency(ms: float | None) -> str:
    """`0.4 ms` below ten, `41 ms` above; a dash where nothing is known."""
    return "–" if ms is None else f"{ms:.{1 if ms < 9.95 else 0}f} ms"


def verdict(gap: Gap) -> str:
    """The sentence that a report begins with."""
    name = gap.target.name
    if not gap.applies:
        return f"{name} doesn't apply here: {gap.missing[0]}."
    if gap.verdict == "not enough evidence":
        words = f"Not enough evidence yet for a verdict on {name}: {'; '.join(gap.missing)}."
        if gap.way is None:
            return words
        so_far = f" So far: {delivered(gap)} {gap.way} delivered of {rate(gap.required_mbps)} asked"
        known_short = gap.share_met is not None and gap.share_met < 1
        return words + so_far + (f" ({percent(gap.share_met)})." if known_short else ".")
    if gap.verdict == "meets":
        return (
            f"Meets {name}: {delivered(gap)} {gap.way} delivered, "
            f"{rate(gap.required_mbps)} asked for {gap.terms}."
        )
    people = ""
    if gap.people and gap.people_served is not None:
        lacking = gap.people - gap.people_served
        heads = "users" if gap.target.basis == "school" else BASIS_WORDS[gap.target.basis]
        people = f" and {lacking:,} of {gap.people:,} {heads}"
    return (
        f"Short of {name} by {rate(gap.shortfall_mbps)}{people}: {rate(gap.delivered_mbps)} {gap.way} "
        f"delivered, {rate(gap.required_mbps)} asked."
    )


def delivered(gap: Gap) -> str:
    """The delivered rate that a gap speaks of; `at least 94.1 Mbps` where it is a lower bound."""
    return ("at least " if gap.at_least else "") + rate(gap.delivered_mbps)


def asks(target: TargetSet, asked: Requirement) -> str:
    """What a target asks of a site, each way and on what terms, or why that can't be told."""
    if not asked.applies:
        return f"{target.name} doesn't apply here: {asked.why_not}"
    if asked.why_not:
        return f"What {target.name} asks isn't known yet: {asked.why_not}"
    ways = [
        f"{rate(value)} {way}"
        for way, value in (("down", asked.rates.down_mbps), ("up", asked.rates.up_mbps))
        if value is not None
    ]
    return f"{target.name} asks {' and '.join(ways)} for {asked.terms}"


def check_verdict(sample: CapacitySample, target: TargetSet, asked: Requirement, rule: EvidenceRule) -> str:
    """One test against a target: an indication in figures, and why it isn't a verdict yet."""
    if sample.outcome == "no_measurement":
        return outcome(sample) + "."
    shares = [
        (have / want, way, have, want)
        for way, have, want in (
            ("down", sample.down_mbps, asked.rates.down_mbps),
            ("up", sample.up_mbps, asked.rates.up_mbps),
        )
        if have is not None and want
    ]
    if not shares:
        return f"{asks(target, asked)}."
    share, way, have, want = min(shares)
    if share >= 1:
        words = (
            f"This check carried {rate(have)} {way}, which is what {target.name} asks ({rate(want)}) or more."
        )
    elif sample.at_least:
        words = (
            f"This check carried {rate(have)} {way}, and {target.name} asks {rate(want)}. "
            "Others' traffic wasn't counted, so the line may carry more."
        )
    else:
        words = (
            f"This check carried {rate(have)} {way}, {percent(share)} of the {rate(want)} that {target.name} "
            f"asks: {rate(want - have)} short."
        )
    return words + (
        f" One check is an indication; a verdict takes {rule.min_tests} tests on "
        f"{rule.min_school_days} school days."
    )


def outcome(sample: CapacitySample) -> str:
    """One test in words: why there is no measurement, or why it isn't trusted, or that it is."""
    if sample.outcome == "no_measurement":
        words = NO_MEASUREMENT.get(sample.reason or "", sample.reason or "no reason given")
        return f"No measurement: {words}" + (f" ({sample.detail})" if sample.detail else "")
    if sample.flags == (CONFIRMS,):
        return f"Measured: {FLAGS[CONFIRMS]}"
    if sample.at_least:
        return f"Lower bound: {FLAGS[LOWER_BOUND]}"
    if sample.flags:
        return "Untrusted: " + "; ".join(FLAGS.get(flag, flag) for flag in sample.flags)
    return "Measured"


def moved(by_s: float) -> str:
    """By how much a clock was set: `3 hours ahead`, `12 s back`."""
    return f"{span(abs(by_s))} {'ahead' if by_s > 0 else 'back'}"


def minutes(count: int) -> str:
    """`1 minute`, `1,440 minutes`."""
    return f"{count:,} minute{'' if count == 1 else 's'}"


def span(seconds: float) -> str:
    """`12 s`, `5 minutes`, `3 hours`, `2 days`: a length of time to its first figure."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and name != "minute"):
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{max(0, int(seconds))} s"
