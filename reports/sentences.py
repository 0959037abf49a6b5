"""Verdicts and figures in words that a school secretary and a network engineer both read rightly.

The same sentence stands on the terminal, in the report and on the collector's page.
"""

from __future__ import annotations

from reports.confirmation import CONFIRMS, SERVER_LIMITED
from reports.evidence import EvidenceRule
from reports.gaps import Gap
from reports.samples import LOWER_BOUND, CapacitySample, Rung
from reports.targets import BASIS_WORDS, Requirement, TargetSet
from reports.wording import later, say, say_as, say_many

NO_MEASUREMENT = {
    "no_link": later("the WAN interface has no link"),
    "no_address": later("the WAN interface has no address"),
    "no_gateway": later("the gateway doesn't answer"),
    "no_internet": later("the gateway answers, and nothing beyond it does"),
    "no_route": later("there is no default route"),
    "no_server": later("no measurement server is configured: set measure.server or upload.collector"),
    "no_iperf3_server": later("no iperf3 server is configured: set measure.iperf3_server"),
    "ndt7_consent": later(
        "M-Lab publishes each result together with this site's public IP address: set "
        "measure.ndt7_consent = true to agree, or measure.ndt7_server to a server of your own"
    ),
    "ookla_licence": later(
        "Ookla's licence isn't accepted: read it, and set measure.ookla_licence_accepted = true"
    ),
    "dns": later("the server's name can't be resolved"),
    "refused": later("the server refused the connection"),
    "unreachable": later("the server can't be reached"),
    "timeout": later("the server didn't answer in time"),
    "tls": later("the server's certificate isn't trusted"),
    "server_busy": later("the server is busy with other tests"),
    "server_error": later("the server answered with an error"),
    "not_a_server": later("what answered is not a measurement server"),
    "captive_portal": later("a captive portal or a filter answered in the Internet's place"),
    "proxy": later("a proxy on the way answered in the server's place"),
    "tls_intercepted": later("the server's key is none of measure.server_pins: TLS is inspected on the way"),
    "server_list": later("the list of measurement servers can't be used"),
    "not_enrolled": later(
        "the server tests its own enrolled sites only, and this site's token isn't one of them"
    ),
    "too_little": later("too little data arrived for a figure"),
    "implausible": later("the engine reported figures that can't be true"),
    "engine_missing": later("the engine isn't installed"),
    "engine_failed": later("the engine broke off"),
    "busy": later("another test is running on this machine"),
    "interrupted": later("the test was interrupted"),
}
"""Reason codes of ``no_measurement``, each as the end of the sentence "No measurement: ..."."""

RUNGS: dict[Rung, str] = {
    "link": later("no link on the WAN interface (its cable, or the device at its other end)"),
    "address": later("no address on the WAN interface (DHCP or PPPoE gave none)"),
    "gateway": later("the gateway didn't answer (that device, or the way to it)"),
    "dns": later("names couldn't be resolved (the DNS servers)"),
    "internet": later("the gateway answered, nothing beyond it did (the provider's line or network)"),
}
"""What failed in an outage, and in parentheses where to look."""

FLAGS = {
    "nic_limited": later("the interface's own speed is the limit"),
    "exceeds_link_speed": later("the figure is above the interface's own speed"),
    "truncated": later("the data budget ended the test before the rate was steady"),
    "not_steady": later("the rate never became steady"),
    "not_saturated": later("more flows would have carried more: the figure is a lower bound"),
    "cpu_bound": later("this machine's processor may have been the limit"),
    "server_bound": later("the server's processor may have been the limit"),
    SERVER_LIMITED: later("another server gave more: this one was the limit"),
    CONFIRMS: later("it confirms the test before it, and the two count once"),
    "proxied": later("a proxy answered between here and the server"),
    "tls_intercepted": later("the server's key is none of measure.server_pins: TLS is inspected on the way"),
    "other_traffic": later("other traffic was on the line and couldn't be accounted for"),
    "incomplete": later("only one direction could be measured"),
    "half_duplex": later("the interface runs at half duplex"),
    "wifi": later("the test went over this machine's Wi-Fi"),
    "tunnel": later("the test went through a tunnel"),
    "link_flapped": later("the link went down and came back during the test"),
    "interface_changed": later("the WAN interface changed during the test"),
    "clock_stepped": later("the clock was set during the test"),
    LOWER_BOUND: later("others' traffic wasn't counted: the line carries at least this"),
    "imported": later("brought in from another tool, not measured by this agent"),
}
"""Codes of what makes a measurement untrusted, each in words."""

REMARKS = {"burst": later("the figure is what the line sustains")}
"""Codes of what to know of a figure that is right all the same: it stays trusted."""

UNCOUNTED = later(
    "demand isn't known: this machine isn't on the path of all traffic (measure.sees_all_traffic is false), "
    "and no gateway is asked for its counters (see [snmp])"
)
"""Why there is no demand at a site where nothing counts it."""


def rate(mbps: float | None) -> str:
    """`94.1 Mbps`, `1,969 Mbps`, `0.35 Mbps`; never 0 for what is there; a dash where nothing is known."""
    if mbps is None:
        return "–"
    if 0 < mbps < 0.005:
        return say("under 0.01 Mbps")
    places = 2 if mbps < 9.995 else 1 if mbps < 999.95 else 0
    return f"{mbps:,.{places}f} Mbps"


def both_rates(sample: CapacitySample) -> str:
    """`94.1 Mbps down, 20.3 Mbps up`."""
    return down_and_up(rate(sample.down_mbps), rate(sample.up_mbps))


def down_and_up(down: str, up: str) -> str:
    """Two rates, each with its way."""
    return say("{down} down, {up} up", down=down, up=up)


def one_way(words: str, way: str | None) -> str:
    """`94.1 Mbps down`: a rate in words with its way."""
    return say("{rate} up", rate=words) if way == "up" else say("{rate} down", rate=words)


def octets(count: float) -> str:
    """`41.2 MB` in decimal units, as data plans count."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return say("{n} bytes", n=f"{count:.0f}")


def percent(share: float | None) -> str:
    """`47 %`; never 100 % while something is missing; a dash where nothing is known."""
    if share is None:
        return "–"
    if 0 < share < 0.01:
        return say("under 1 %")
    return f"{min(int(share * 100 + 1e-9), 100)} %"


def latency(ms: float | None) -> str:
    """`0.4 ms` below ten, `41 ms` above; a dash where nothing is known."""
    return "–" if ms is None else f"{ms:.{1 if ms < 9.95 else 0}f} ms"


def verdict(gap: Gap) -> str:
    """The sentence that a report begins with."""
    name = gap.target.name
    if not gap.applies:
        return say("{target} doesn't apply here: {why}.", target=name, why=gap.missing[0])
    if gap.verdict == "not enough evidence":
        words = say(
            "Not enough evidence yet for a verdict on {target}: {missing}.",
            target=name,
            missing="; ".join(gap.missing),
        )
        return words if gap.way is None else f"{words} {_so_far(gap)}"
    have, want = one_way(delivered(gap), gap.way), rate(gap.required_mbps)
    if gap.verdict == "meets":
        return say(
            "Meets {target}: {delivered} delivered, {asked} asked for {terms}.",
            target=name,
            delivered=have,
            asked=want,
            terms=gap.terms,
        )
    lack = rate(gap.shortfall_mbps)
    if not gap.people or gap.people_served is None:
        return say(
            "Short of {target} by {gap}: {delivered} delivered, {asked} asked.",
            target=name,
            gap=lack,
            delivered=have,
            asked=want,
        )
    return say(
        "Short of {target} by {gap} and {unserved} of {people} {heads}: {delivered} delivered, {asked} "
        "asked.",
        target=name,
        gap=lack,
        unserved=f"{gap.people - gap.people_served:,}",
        people=f"{gap.people:,}",
        heads=say("users") if gap.target.basis == "school" else say(BASIS_WORDS[gap.target.basis]),
        delivered=have,
        asked=want,
    )


def _so_far(gap: Gap) -> str:
    have, want = one_way(delivered(gap), gap.way), rate(gap.required_mbps)
    if gap.share_met is None or gap.share_met >= 1:
        return say("So far: {delivered} delivered of {asked} asked.", delivered=have, asked=want)
    return say(
        "So far: {delivered} delivered of {asked} asked ({share}).",
        delivered=have,
        asked=want,
        share=percent(gap.share_met),
    )


def people_served(gap: Gap) -> str:
    """`64 of 458`; a dash where nothing is known."""
    if gap.people_served is None:
        return "–"
    return say("{served} of {people}", served=f"{gap.people_served:,}", people=f"{gap.people:,}")


def verdict_word(found: str) -> str:
    """A verdict in a table's cell: `short`."""
    words = {
        "meets": say_as("verdict", "meets"),
        "short": say_as("verdict", "short"),
        "not enough evidence": say("not enough evidence"),
        "steady": say_as("verdict", "steady"),
        "congested upstream": say_as("verdict", "congested upstream"),
    }
    return words.get(found, found)


def delivered(gap: Gap) -> str:
    """The delivered rate that a gap speaks of; `at least 94.1 Mbps` where it is a lower bound."""
    words = rate(gap.delivered_mbps)
    return say("at least {rate}", rate=words) if gap.at_least else words


def asks(target: TargetSet, asked: Requirement) -> str:
    """What a target asks of a site, each way and on what terms, or why that can't be told."""
    if not asked.applies:
        return f"{target.name} doesn't apply here: {asked.why_not}"
    if asked.why_not:
        return f"What {target.name} asks isn't known yet: {asked.why_not}"
    ways = [
        one_way(rate(value), way)
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
        known = NO_MEASUREMENT.get(sample.reason or "")
        words = say(known) if known else sample.reason or say("no reason given")
        told = say("No measurement: {why}", why=words)
        return f"{told} ({sample.detail})" if sample.detail else told
    if sample.flags == (CONFIRMS,):
        return say("Measured: {note}", note=say(FLAGS[CONFIRMS]))
    if sample.at_least:
        return say("Lower bound: {note}", note=say(FLAGS[LOWER_BOUND]))
    if sample.flags:
        flags = "; ".join(say(FLAGS[flag]) if flag in FLAGS else flag for flag in sample.flags)
        return say("Untrusted: {why}", why=flags)
    return say("Measured")


def moved(by_s: float) -> str:
    """By how much a clock was set: `3 hours ahead`, `12 s back`."""
    by = span(abs(by_s))
    return say("{time} ahead", time=by) if by_s > 0 else say("{time} back", time=by)


def minutes(count: int) -> str:
    """`1 minute`, `1,440 minutes`."""
    return say_many("{n} minute", "{n} minutes", count)


def span(seconds: float) -> str:
    """`12 s`, `5 minutes`, `3 hours`, `2 days`: a length of time to its first figure."""
    if seconds >= 86_400:
        count = int(seconds // 86_400)
        return say_many("{n} day", "{n} days", count, n=count)
    if seconds >= 3600:
        count = int(seconds // 3600)
        return say_many("{n} hour", "{n} hours", count, n=count)
    if seconds >= 120:
        count = int(seconds // 60)
        return say_many("{n} minute", "{n} minutes", count, n=count)
    return f"{max(0, int(seconds))} s"
