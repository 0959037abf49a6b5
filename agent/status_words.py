"""What `bandgap status` says of its facts, a row each; what isn't well stands out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from agent.terminal import paint
from reports import sentences
from reports.chain import SHORT
from reports.hole_words import REASONS

MOST_HOLES = 5


def status_rows(facts: dict[str, Any], now: datetime, *, colour: bool) -> list[tuple[str, str]]:
    """The facts in words, a name and its sentence to a row."""

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
    return rows


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
