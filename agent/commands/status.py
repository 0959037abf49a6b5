"""`bandgap status`: what the agent does, when it last did it, and what waits."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import requests
from tabulate import tabulate

from agent import agent_lock, clock, counters, damage, heartbeat, low_disk, store, undated, wan
from agent.demo.mark import mark
from agent.history import History
from agent.installation import Installation, find
from agent.snmp.asking import ask
from agent.snmp.port import PortReading
from agent.terminal import colourful, paint
from reports import sentences
from reports.chain import SHORT
from reports.faults import Fault
from reports.hole_words import REASONS
from reports.wire import plain

PROBE_S = 3.0
MOST_HOLES = 5


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap status", description=__doc__)
    parser.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args(argv)
    place, now = find(os.environ), clock.now()
    facts = gather(place, now)
    if args.json:
        print(json.dumps({"format": 1, **facts}, indent=2))
    else:
        _print(facts, now)
        if place.config.missing_for_a_verdict:
            print("\n" + place.config.missing_for_a_verdict)
    return 0


def gather(place: Installation, now: datetime) -> dict[str, Any]:
    """The facts by name; None where there is none."""
    with damage.noticed(place.state):
        connection = place.open_to_read()
        facts = _facts(place, connection, now)
        connection.close()
    return facts


def _facts(place: Installation, connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    history = History(connection)
    minute, test = history.last_minute(), history.last_capacity_sample()
    span = history.usage_span()
    interface = place.config.measure.interface
    if interface == "auto":
        interface = wan.default_interface() or ""
    link = counters.link(interface) if interface else None
    port, port_fault = _gateway(place)
    beat, step = heartbeat.read(place.state), history.last_clock_step()
    probed, outage = history.last_probe(), history.running_outage()
    refused = [f"{one}: {reason}" for one, reason in history.refused()]
    return {
        "agent_running": agent_lock.taken(place.state),
        "agent": {"version": beat.version, **plain(beat.state), "reason": beat.state.reason}
        if beat
        else None,
        "clock_step": plain(step) if step else None,
        "undated_minutes": undated.minutes(connection),
        "settings": str(place.config.path) if place.config.path else None,
        "wan_interface": interface or None,
        "link_up": link.up if link else None,
        "link_speed_mbps": link.speed_mbps if link else None,
        "demand_from": place.config.demand_from,
        "gateway": place.config.snmp.where or None,
        "gateway_port": port.name if port else None,
        "gateway_port_up": port.up if port else None,
        "gateway_port_speed_mbps": port.speed_mbps if port else None,
        "gateway_fault": port_fault,
        "last_sample_at": span[1].isoformat() if span else None,
        "last_sample_down_mbps": minute.mean.down_mbps if minute else None,
        "last_sample_up_mbps": minute.mean.up_mbps if minute else None,
        "probing": place.config.reachability.enabled,
        "probed_at": probed.isoformat() if probed else None,
        "outage": plain(outage) if outage else None,
        "last_test_at": test.started_at.isoformat() if test else None,
        "last_test": _test_words(test) if test else None,
        "next_test_at": store.noted(connection, "next_test_at"),
        "unsent": len(history.waiting()),
        "refused": refused,
        "uploaded_at": store.noted(connection, "uploaded_at"),
        "chain": _chain(history, store.noted(connection, "collector_links")),
        "upload_fault": store.noted(connection, "upload_fault"),
        "collector": place.config.upload.collector,
        "collector_reachable": _reachable(place),
        "demo": mark(connection),
        "store": str(place.state / store.FILE),
        "store_bytes": sum(
            file.stat().st_size for file in place.state.glob(store.FILE + "*") if file.is_file()
        ),
        "store_fault": _store_fault(place, connection, now),
        "disk_free_bytes": low_disk.free_bytes(place.state),
        "disk_low": low_disk.free_bytes(place.state) < low_disk.LOW_BYTES,
        "holes": [plain(hole) for hole in history.holes(datetime.fromtimestamp(0, UTC), now)],
    }


def _store_fault(place: Installation, connection: sqlite3.Connection, now: datetime) -> str | None:
    """Why the store can't be written, found out by writing; None also for who may only read it."""
    if not os.access(place.state, os.W_OK) and not low_disk.read_only(place.state):
        return None
    try:
        store.note(connection, "status_asked_at", now.isoformat(timespec="seconds"))
    except sqlite3.Error as fault:
        if store.is_damage(fault):
            raise
        return "its disk is mounted read-only" if low_disk.read_only(place.state) else str(fault)
    return None


def _gateway(place: Installation) -> tuple[PortReading | None, str | None]:
    """What the gateway says of its port now, or why it says nothing."""
    if place.config.demand_from != "gateway":
        return None, None
    try:
        return ask(place.config.snmp, os.environ), None
    except Fault as fault:
        return None, str(fault)


def _chain(history: History, collector_links: str | None) -> dict[str, Any] | None:
    """The newest link; None before the first. ``collector_through`` is what the last receipt told."""
    head = history.chain_head()
    if head is None:
        return None
    there = int(collector_links) if collector_links else None
    return {"through": head.number, "head": head.digest, "collector_through": there}


def _test_words(test: Any) -> str:
    if test.outcome == "ok":
        return f"{sentences.rate(test.down_mbps)} down, {sentences.rate(test.up_mbps)} up"
    return sentences.outcome(test)


def _reachable(place: Installation) -> bool | None:
    """Whether the collector says it is well; None when none is configured."""
    upload = place.config.upload
    if upload.collector is None:
        return None
    try:
        answer = requests.get(
            f"{upload.collector}/healthz",
            timeout=PROBE_S,
            verify=upload.ca_file or True,
            allow_redirects=False,
        )
    except requests.RequestException:
        return False
    return answer.status_code == 200


def _print(facts: dict[str, Any], now: datetime) -> None:
    colour = colourful(sys.stdout, os.environ)

    def tone(text: str, good: bool | None) -> str:
        return paint(text, "unsure" if good is None else "good" if good else "bad", colour=colour)

    reachable = facts["collector_reachable"]
    reached = tone("reachable", True) if reachable else tone("not reachable", False)
    speed = facts["link_speed_mbps"]
    running = facts["agent_running"]
    rows = [
        (
            "agent",
            tone(_running(facts, now), True)
            if running
            else tone("not running (bandgap run starts it)", False),
        ),
        ("settings", facts["settings"] or "none; the defaults hold"),
        (
            "WAN interface",
            "none found: no default route"
            if facts["wan_interface"] is None
            else f"{facts['wan_interface']}, {'up' if facts['link_up'] else 'down'}"
            + (f", {speed:g} Mbps port" if speed else ""),
        ),
        ("demand", tone(*_demand(facts))),
        ("last sample", _last_sample(facts, now)),
        ("Internet", tone(*_reach(facts, now))),
        ("last test", _aged(facts["last_test_at"], now, facts["last_test"]) or "none yet"),
        ("next test", _next(facts["next_test_at"], now) if running else "none: the agent isn't running"),
        ("unsent", f"{facts['unsent']} {'summary' if facts['unsent'] == 1 else 'summaries'}"),
        ("last upload", _aged(facts["uploaded_at"], now) or "none yet"),
        ("chain", _chain_words(facts["chain"])),
        (
            "collector",
            "none configured" if reachable is None else f"{facts['collector']} {reached}",
        ),
        ("store", f"{facts['store']}, {sentences.octets(facts['store_bytes'])}"),
    ]
    if facts["upload_fault"]:
        rows.insert(-1, ("upload fault", tone(facts["upload_fault"], False)))
    if running and facts["agent"] and facts["agent"]["reason"]:
        rows.insert(1, ("quiet", tone(_quiet(facts["agent"], now), None)))
    if step := facts["clock_step"]:
        rows.insert(-1, ("clock", f"{_aged(step['at'], now)}: set {sentences.moved(step['by_s'])}"))
    if facts["undated_minutes"]:
        many = sentences.minutes(facts["undated_minutes"])
        rows.insert(-1, ("undated", f"{many} counted while the clock wasn't set"))
    rows += _store_rows(facts, tone)
    rows += [("refused", tone(one, False)) for one in facts["refused"][:5]]
    if len(facts["refused"]) > 5:
        rows.append(("", f"and {len(facts['refused']) - 5} more refused (see --json)"))
    if facts["demo"]:
        rows.insert(
            0, ("demo data", tone(f"of a made-up school ({facts['demo']}); nothing was measured", None))
        )
    print(tabulate(rows, tablefmt="plain"))


def _demand(facts: dict[str, Any]) -> tuple[str, bool | None]:
    """Whose counters tell what the school demands, and whether that is well."""
    if facts["demand_from"] is None:
        return sentences.UNCOUNTED, None
    if facts["demand_from"] == "interface":
        return "counted at the WAN interface", True
    if facts["gateway_fault"]:
        return facts["gateway_fault"], False
    speed = facts["gateway_port_speed_mbps"]
    words = f"counted by the gateway {facts['gateway']} (SNMP), port {facts['gateway_port']}, "
    words += "up" if facts["gateway_port_up"] else "down"
    return words + (f", {speed:g} Mbps" if speed else ""), bool(facts["gateway_port_up"])


def _chain_words(chain: dict[str, Any] | None) -> str:
    if chain is None:
        return "no link yet: the first complete hour makes it"
    words = f"{chain['through']:,} link{'' if chain['through'] == 1 else 's'}, head {chain['head'][:SHORT]}"
    ahead = (chain["collector_through"] or 0) - chain["through"]
    return f"{words}; the collector has {ahead:,} more, this store is a restored copy" if ahead > 0 else words


def _running(facts: dict[str, Any], now: datetime) -> str:
    """For how long: what the last heartbeat said, and what has passed since."""
    agent = facts["agent"]
    if agent is None or agent["uptime_s"] is None:
        return "running"
    since_s = (now - datetime.fromisoformat(agent["at"])).total_seconds() if agent["at"] else 0.0
    return f"running for {sentences.span(agent['uptime_s'] + max(0.0, since_s))}, version {agent['version']}"


def _quiet(agent: dict[str, Any], now: datetime) -> str:
    since = agent["quiet_since"]
    lasted = f"for {sentences.span((now - datetime.fromisoformat(since)).total_seconds())}, " if since else ""
    return f"{lasted}because {agent['reason']}"


def _store_rows(facts: dict[str, Any], tone: Callable[[str, bool | None], str]) -> list[tuple[str, str]]:
    """What isn't well with the store, and what it lost; nothing when all is well."""
    rows = []
    if facts["store_fault"]:
        waits = "; samples wait in the agent's memory, a day of them" if facts["agent_running"] else ""
        rows.append(("store fault", tone(f"can't be written: {facts['store_fault']}{waits}", False)))
    if facts["disk_low"]:
        free = sentences.octets(facts["disk_free_bytes"])
        rows.append(
            (
                "disk",
                tone(f"{free} free: the store grows no more, its oldest one-minute rows make room", False),
            )
        )
    for hole in facts["holes"][-MOST_HOLES:]:
        begin, end = (hole[key][:16].replace("T", " ") for key in ("starts_at", "ends_at"))
        what = "minutes" if hole["what"] == "minutes" else "data"
        rows.append(("missing", f"{what} from {begin} to {end} UTC: {REASONS[hole['reason']]}"))
    return rows


def _reach(facts: dict[str, Any], now: datetime) -> tuple[str, bool | None]:
    """What the last probe found, and whether that is good."""
    outage, probed = facts["outage"], facts["probed_at"]
    if not facts["probing"]:
        return "not probed: reachability.enabled is false", None
    if outage is None:
        return (_aged(probed, now, "in reach") or "not probed yet"), (True if probed else None)
    started, seen = (datetime.fromisoformat(outage[key]) for key in ("started_at", "seen_until"))
    lasted = sentences.span((seen - started).total_seconds())
    words = f"out of reach for {lasted}: {sentences.RUNGS[outage['rung']]}, {outage['detail']}"
    return _aged(outage["seen_until"], now, words) or words, False


def _last_sample(facts: dict[str, Any], now: datetime) -> str:
    means = (
        f"{sentences.rate(facts['last_sample_down_mbps'])} down, "
        f"{sentences.rate(facts['last_sample_up_mbps'])} up"
    )
    return _aged(facts["last_sample_at"], now, means) or "none yet"


def _aged(at: str | None, now: datetime, words: str | None = None) -> str | None:
    if at is None:
        return None
    age = f"{sentences.span((now - datetime.fromisoformat(at)).total_seconds())} ago"
    return f"{age}: {words}" if words else age


def _next(at: str | None, now: datetime) -> str:
    if at is None:
        return "not planned yet"
    left = (datetime.fromisoformat(at) - now).total_seconds()
    return f"in {sentences.span(left)}" if left > 0 else "now"
