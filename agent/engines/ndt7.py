"""The ndt7 engine: M-Lab's open protocol (specification v0.11), against a server of one's own or M-Lab's.

One flow, ten seconds each way, or less when the server says so. Rates are taken as those of the http
engine are: no ramp, and the last part of the test over which the level held (``estimate``). What was
uploaded is what the server counted, as the specification recommends; where it tells nothing, what was
acknowledged. One flow isn't many: the results belong in no series with another engine's, and the reading
says so.

M-Lab publishes every result together with the public IP address that it came from. So its servers are
asked for only with the site's consent; a server of one's own needs none.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from agent import __version__
from agent.engines import method, ndt7_locate, ndt7_told, tcp_round_trips
from agent.engines.estimate import Estimate, by_way, estimate
from agent.engines.http_address import Address, no_measurement, resolve
from agent.engines.interface_bytes import NET_ROOT, open_counters
from agent.engines.marks import Mark
from agent.engines.ndt7_flow import Ndt7Flow, Way
from agent.engines.ndt7_load import Ndt7Carried, Ndt7Load
from agent.engines.ndt7_locate import LOCATE_URL, Ndt7Server
from agent.engines.plan import NoMeasurement, Plan, Reading, Show, Tally
from agent.engines.round_trips import jitter_ms
from agent.engines.server_address import NDT7_FORM, ndt7_server

CONNECTS = 5
"""Connections for the idle latency."""

SERVERS_TRIED = 3
"""Of the servers that Locate names, how many are tried before the test is given up."""

MLAB_DOMAINS = ("measurement-lab.org", "measurementlab.net")

TOLD_SHARE = 0.5
"""A server's count that covers less of the time that counts than this is not used."""


def measure(
    plan: Plan,
    tally: Tally,
    show: Show,
    *,
    consent: bool = False,
    locate_url: str = LOCATE_URL,
    net_root: Path = NET_ROOT,
) -> Reading:
    """Both directions of the line to ``plan.server``, or to a server of M-Lab's with ``consent``."""
    if not consent and (plan.server is None or is_of_mlab(plan.server)):
        raise NoMeasurement("ndt7_consent")
    show("connect", None)
    server, address = _find(plan, locate_url)
    show("latency", None)
    idle_ms = tcp_round_trips.connect_ms(address, CONNECTS)
    found: dict[str, Estimate] = {}
    marks: dict[str, list[Mark]] = {"down": [], "up": []}
    loaded_ms: list[float] = []
    flags: list[str] = []
    failures: list[NoMeasurement] = []
    targets: tuple[tuple[Way, str], ...] = (("down", server.down), ("up", server.up))
    for way, url in targets:
        try:
            flow, carried = _carry(address, url, way, plan, tally, show, net_root)
            found[way], marks[way] = _judged(flow, carried, address), carried.marks
        except NoMeasurement as failure:
            failures.append(NoMeasurement(failure.reason, f"{way}load: {failure}"))
            continue
        flags += _doubts(found[way], carried)
        loaded_ms += carried.rtt_ms if way == "up" else [each.rtt_ms for each in flow.told if each.rtt_ms]
    if not found:
        raise failures[0]
    if failures:
        flags.append("incomplete")
    return Reading(
        server=server.name,
        latency_idle_ms=median(idle_ms) if idle_ms else None,
        latency_loaded_ms=median(loaded_ms) if loaded_ms else None,
        flags=tuple(dict.fromkeys(flags)),
        detail="; ".join(["one flow", *map(str, failures)]),
        jitter_ms=jitter_ms([each / 1000 for each in idle_ms]),
        **by_way(found, marks["down"], marks["up"]),
    )


def is_of_mlab(server: str) -> bool:
    host = urlsplit(server).hostname or server.split(":")[0]
    return any(host == domain or host.endswith(f".{domain}") for domain in MLAB_DOMAINS)


def _find(plan: Plan, locate_url: str) -> tuple[Ndt7Server, Address]:
    """The server and the address of it that answers."""
    if plan.server is not None:
        try:
            base = ndt7_server(plan.server)
        except ValueError:
            raise NoMeasurement("not_a_server", f"{plan.server} isn't {NDT7_FORM}") from None
        query = f"?client_name=bandgap&client_version={__version__}"
        down, up = (f"{base}/ndt/v7/{way}load{query}" for way in ("down", "up"))
        return Ndt7Server(base, down, up), _resolve(down, plan.ca_file)
    failure: NoMeasurement | None = None
    for server in ndt7_locate.nearest(locate_url)[:SERVERS_TRIED]:
        try:
            return server, _resolve(server.down, None)
        except NoMeasurement as refusal:
            failure = failure or refusal
    assert failure is not None  # Locate names one server at least
    raise failure


def _resolve(url: str, ca_file: str | None) -> Address:
    return resolve(f"http{url.removeprefix('ws')}", ca_file)


def _carry(
    address: Address,
    url: str,
    way: Way,
    plan: Plan,
    tally: Tally,
    show: Show,
    net_root: Path,
) -> tuple[Ndt7Flow, Ndt7Carried]:
    def spend(octets: int) -> None:
        if way == "down":
            tally.down_bytes += octets
        else:
            tally.up_bytes += octets

    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        flow = Ndt7Flow(address, target, way, time.monotonic())
    except OSError as error:
        raise no_measurement(error, address.authority) from None
    counters = open_counters(plan.interface, "rx" if way == "down" else "tx", net_root)
    try:
        load = Ndt7Load(
            flow,
            counters,
            max_seconds=plan.max_seconds,
            max_bytes=plan.max_bytes,
            spend=spend,
            show=lambda mbps: show("download" if way == "down" else "upload", mbps),
        )
        return flow, load.run()
    finally:
        counters.close()


def _judged(flow: Ndt7Flow, carried: Ndt7Carried, address: Address) -> Estimate:
    """The direction's rate; for an upload by the server's own count, where it told that."""
    moved = carried.marks[-1].payload / 1e6
    if carried.ended == "stalled":
        raise NoMeasurement("timeout", f"{address.authority} stalled after {moved:.1f} MB")
    found = estimate(carried.marks)
    if found is None:
        raise NoMeasurement("too_little", f"it ended after {moved:.1f} MB")
    told = estimate(ndt7_told.marks(flow.told)) if flow.way == "up" else None
    if told is None or told.seconds < found.seconds * TOLD_SHARE:
        return found
    # TCP's count has TLS in it. Of a line shared with others the test's part is what it got.
    return replace(found, mbps=told.mbps * flow.payload_share / (found.own_share or 1.0))


def _doubts(found: Estimate, carried: Ndt7Carried) -> list[str]:
    flags = []
    if carried.ended == "budget":
        flags.append("truncated")
    if found.cpu_share > method.CPU_SHARE or (found.machine_share or 0.0) > method.MACHINE_SHARE:
        flags.append("cpu_bound")
    if found.hidden_traffic:
        flags.append("other_traffic")
    return flags
