"""The http engine: measures a line by HTTP against a bandgap collector or any LibreSpeed server.

Discovery, idle latency, download, upload - in this order, over one path. What the line carries is judged
in ``stopping`` and ``estimate``; here the parts are put together, and doubts become flags. A direction
that can't be measured leaves the other one standing, flagged; with neither there is no measurement.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from agent.engines import method
from agent.engines.averages import median
from agent.engines.estimate import Estimate, by_way, estimate
from agent.engines.http_discovery import Server, find_server
from agent.engines.http_latency import Pinger, loaded_ms
from agent.engines.http_load import Carried, Load, Way
from agent.engines.interface_bytes import NET_ROOT, open_counters
from agent.engines.plan import NoMeasurement, Plan, Reading, Show, Tally
from agent.engines.round_trips import jitter_ms, per_minute
from agent.engines.server_address import is_list


def measure(plan: Plan, tally: Tally, show: Show, *, net_root: Path = NET_ROOT) -> Reading:
    """Both directions of the line to ``plan.server``."""
    if plan.server is None:
        raise NoMeasurement("no_server")
    show("connect", None)
    server = find_server(_one(plan.server, plan.ca_file), plan.ca_file, plan.token, plan.pins)
    pinger = Pinger(server, time.monotonic)
    try:
        show("latency", None)
        idle = pinger.idle()
        idle_s = median(idle)
        down = _carry(server, "down", plan, tally, show, pinger, idle_s, net_root)
        if server.can_send:
            up = _carry(server, "up", plan, tally, show, pinger, idle_s, net_root)
        else:
            up = Carried(ended="failed", failure=NoMeasurement("not_a_server", "it takes no POST"))
    finally:
        pinger.close()
        tally.down_bytes += pinger.octets
    return _reading(server, idle, down, up)


def _one(server: str, ca_file: str | None) -> str:
    """The server itself; of a list, the nearest one."""
    if not is_list(server):
        return server
    from agent.engines import server_list  # many servers at a time take threads, and few sites have a list

    return server_list.nearest(server_list.entries(server_list.read(server, ca_file), server), ca_file)[0]


def _carry(
    server: Server,
    way: Way,
    plan: Plan,
    tally: Tally,
    show: Show,
    pinger: Pinger,
    idle_s: float,
    net_root: Path,
) -> Carried:
    def spend(octets: int) -> None:
        if way == "down":
            tally.down_bytes += octets
        else:
            tally.up_bytes += octets

    counters = open_counters(plan.interface, "rx" if way == "down" else "tx", net_root)
    try:
        return Load(
            server,
            way,
            pinger,
            counters,
            round_trip_s=idle_s,
            max_seconds=plan.max_seconds,
            max_bytes=plan.max_bytes,
            least_s=plan.least_s,
            spend=spend,
            show=lambda mbps: show("download" if way == "down" else "upload", mbps),
        ).run()
    finally:
        counters.close()


def _reading(server: Server, idle: Sequence[float], down: Carried, up: Carried) -> Reading:
    """The figures of both directions, with every doubt there is about either."""
    flags = [flag for flag, _ in server.doubts]
    notes = [words for _, words in server.doubts]
    rates: dict[str, Estimate] = {}
    failures: list[NoMeasurement] = []
    for way, carried in (("down", down), ("up", up)):
        found = estimate(carried.marks)
        if found is None or carried.ended in ("stalled", "failed"):
            failure = _failure(carried, server.where)
            failures.append(failure)
            notes.append(f"{way}load: {failure}")
            continue
        rates[way] = found
        flags += _doubts(carried, found)
    if len(failures) == 2:
        raise failures[0]
    if failures:
        flags.append("incomplete")
    waiting = [carried.waiting_s for carried in (down, up) if carried.waiting_s is not None]
    under_load_ms = loaded_ms([*down.round_trips_s, *up.round_trips_s], waiting)
    return Reading(
        server=server.url,
        latency_idle_ms=median(idle) * 1000,
        latency_loaded_ms=under_load_ms,
        flags=tuple(dict.fromkeys(flags)),
        detail="; ".join(notes) or None,
        jitter_ms=jitter_ms(idle),
        responsiveness_rpm=per_minute(under_load_ms),
        **by_way(rates, down.marks, up.marks),
    )


def _doubts(carried: Carried, found: Estimate) -> list[str]:
    """The flags of a direction that has a figure."""
    flags = []
    if carried.ended == "budget":
        flags.append("truncated")
    if carried.ended == "time":
        flags.append("not_steady")
    if carried.ended == "rising":
        flags.append("not_saturated")
    if found.cpu_share > method.CPU_SHARE or (found.machine_share or 0.0) > method.MACHINE_SHARE:
        flags.append("cpu_bound")
    if found.hidden_traffic:
        flags.append("other_traffic")
    return flags


def _failure(carried: Carried, where: str) -> NoMeasurement:
    """Why a direction has no figure."""
    if carried.failure:
        return carried.failure
    moved = carried.marks[-1].payload / 1e6 if carried.marks else 0
    if carried.ended == "stalled":
        return NoMeasurement("timeout", f"{where} stalled after {moved:.1f} MB")
    return NoMeasurement("too_little", f"it ended after {moved:.1f} MB")
