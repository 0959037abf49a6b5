"""Takes one capacity sample: holds the lock, asks the engines in their order, and doubts the answer.

The engines only move bytes. Here are the clock, the limits, the cost, and the flags that no engine can
know: the clock was set, the interface was replaced, the interface's own speed is the limit, others'
traffic on the line wasn't counted. There is a sample in every case; without a figure it carries the reason
of the first engine, since that is the one the site relies on, and its detail names what the others said. A
figure is always of one engine alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from agent.engines.plan import Engine, NoMeasurement, Plan, Reading, Show, Tally
from agent.engines.table import ENGINES
from agent.engines.udp_echo import Echo
from agent.test_lock import TestRunning, hold
from agent.wan_facts import NET_ROOT, doubts, look
from reports.samples import LOWER_BOUND, CapacitySample

MAX_SECONDS = 10.0
MAX_BYTES = 1_500_000_000
"""What one direction may take: 10 s at 1.2 Gbit/s, unless the rate is known before."""

HOLD_S = 15.0
LONG_SECONDS = 20.0
"""How long a long test holds its load each way, and the most that it may take to find the rate after that."""

CLOCK_STEP_S = 2.0
"""A wall clock that moved this much against the monotonic one during the test was set."""

NIC_SHARE = 0.9
"""A rate this near to the interface's speed is the interface's: payload is 0.94 of Ethernet's bits."""

LINK_TOLERANCE = 1.02
"""A rate above the interface's speed by more than this can't be true."""


Beside = Callable[[], Callable[[], str | None]]
"""Begins to watch what others move; what it returns ends that, and says why the line may carry more."""


def alone() -> Callable[[], str | None]:
    """The interface carries all traffic: its counters tell an engine what others moved."""
    return lambda: None


def take_capacity_sample(
    engines: Sequence[tuple[str, str | None]],
    *,
    lock_path: Path,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
    show: Show = lambda phase, mbps: None,
    tally: Tally | None = None,
    interface: str | None = None,
    link_speed_mbps: float | None = None,
    contracted_mbps: float | None = None,
    connection: str | None = None,
    preflight: Callable[[], NoMeasurement | None] = lambda: None,
    beside: Beside = alone,
    echo: Callable[[], Echo] = Echo,
    least_s: float = 0.0,
    max_seconds: float = MAX_SECONDS,
    max_bytes: int = MAX_BYTES,
    ca_file: str | None = None,
    tokens: Mapping[str, str] | None = None,
    pins: tuple[str, ...] = (),
    table: Mapping[str, Engine] = ENGINES,
    net_root: Path = NET_ROOT,
) -> CapacitySample:
    """One sample from the first of ``engines`` (name, server) that has a figure.

    ``contracted_mbps`` is the larger of both ways of the contract, where there is one, and ``connection``
    its type. ``preflight`` says what keeps any test from being made, ``beside`` watches what others move on a
    line whose traffic this machine doesn't see all of, and ``echo`` finds the loss before the test. The load
    is held for ``least_s``, though the rate be known before. ``tokens`` are the site's, by the server that
    may see it: its collector, and no other; ``pins`` are of the keys that servers may have. A caller that
    watches the cost hands in the ``tally``.
    """
    name, server = engines[0] if engines else ("none", None)
    tally = tally if tally is not None else Tally()
    started_at, started_s = clock(), time.monotonic()
    before = look(interface, net_root)
    reading: Reading | None = None
    refusals: list[tuple[str, NoMeasurement]] = []
    uncounted: str | None = None
    heard = Echo()
    try:
        with hold(lock_path):
            if refusal := preflight():
                raise refusal
            heard = echo()
            tally.down_bytes += heard.down_bytes
            tally.up_bytes += heard.up_bytes
            others = beside()
            for engine, its_server in engines:
                plan = Plan(
                    its_server,
                    interface if beside is alone else None,  # with others' traffic, or with that of the LAN
                    max_seconds,
                    max_bytes,
                    ca_file,
                    (tokens or {}).get(its_server or ""),
                    pins,
                    least_s,
                )
                try:
                    reading = _ask(table, engine, plan, tally, show)
                except NoMeasurement as refusal:
                    refusals.append((engine, refusal))
                    continue
                name, server = engine, reading.server
                break
            if reading is not None:
                show("settle", None)
                uncounted = others()
    except NoMeasurement as refusal:
        refusals = [(name, refusal)]
    except TestRunning:
        refusals = [(name, NoMeasurement("busy"))]
    except OSError as error:
        refusals = [(name, NoMeasurement("engine_failed", f"{lock_path}: {error.strerror}"))]
    except KeyboardInterrupt:
        refusals = [(name, NoMeasurement("interrupted"))]
    sample = CapacitySample(
        id=new_id(),
        started_at=started_at,
        ended_at=clock(),
        engine=name,
        server=server,
        outcome="no_measurement",
        down_bytes=tally.down_bytes,
        up_bytes=tally.up_bytes,
        interface=interface,
        link_speed_mbps=link_speed_mbps,
    )
    if reading is None:
        reason, detail = _why(refusals)
        return replace(sample, reason=reason, detail=detail)
    flags = list(reading.flags)
    passed_s = (sample.ended_at - started_at).total_seconds()
    if abs(passed_s - (time.monotonic() - started_s)) > CLOCK_STEP_S:
        flags.append("clock_stepped")
    flags += doubts(before, look(interface, net_root), connection)
    flags += link_flags(reading, link_speed_mbps, contracted_mbps)
    flags += [LOWER_BOUND] if uncounted else []
    return replace(
        sample,
        outcome="ok",
        detail="; ".join(filter(None, (_also(reading, heard, refusals), uncounted))) or None,
        flags=tuple(dict.fromkeys(flags)),
        **reading.figures | _lost(heard),
    )


def link_flags(reading: Reading, link_speed_mbps: float | None, contracted_mbps: float | None) -> list[str]:
    """Whether the figure is the interface's and not the line's.

    A rate near to the interface's speed is the line's as well when the contract isn't for more: 941 Mbit/s
    through a gigabit port is all that a gigabit contract can give. Without a contract nobody knows.
    """
    rate = max(reading.down_mbps or 0.0, reading.up_mbps or 0.0)
    if not link_speed_mbps:
        return []
    if rate > link_speed_mbps * LINK_TOLERANCE:
        return ["exceeds_link_speed"]
    if rate >= link_speed_mbps * NIC_SHARE and (contracted_mbps is None or contracted_mbps > link_speed_mbps):
        return ["nic_limited"]
    return []


def _ask(table: Mapping[str, Engine], name: str, plan: Plan, tally: Tally, show: Show) -> Reading:
    """One engine's reading; whatever goes wrong in it becomes a reason."""
    if name not in table:
        raise NoMeasurement("engine_missing", name)
    try:
        reading = table[name](plan, tally, show)
    except NoMeasurement:
        raise
    except Exception as error:  # an engine's fault is data: the sample says so
        raise NoMeasurement("engine_failed", f"{type(error).__name__}: {error}") from error
    if reading.down_mbps is None and reading.up_mbps is None:
        raise NoMeasurement("too_little")
    return reading


def _why(refusals: Sequence[tuple[str, NoMeasurement]]) -> tuple[str, str | None]:
    """The first engine's reason, and a detail that has the others' too."""
    if not refusals:
        return "engine_missing", "no engine is configured"
    (_, first), *others = refusals
    details = [first.detail] if first.detail else []
    details += [_told(engine, refusal) for engine, refusal in others]
    return first.reason, "; ".join(details) or None


def _lost(heard: Echo) -> dict[str, float]:
    """The loss that the echo found; where it found none of it, the engine's own figure stands."""
    names = ("loss_share", "loss_down_share", "loss_up_share")
    return {name: share for name in names if (share := getattr(heard, name)) is not None}


def _also(reading: Reading, heard: Echo, refusals: Sequence[tuple[str, NoMeasurement]]) -> str | None:
    """The engine's own detail, why the engines before it had none, and why there is no loss."""
    details = [detail for detail in (reading.detail, heard.detail) if detail]
    details += [_told(engine, refusal) for engine, refusal in refusals]
    return "; ".join(details) or None


def _told(engine: str, refusal: NoMeasurement) -> str:
    return f"{engine}: {refusal.reason}" + (f", {refusal.detail}" if refusal.detail else "")
