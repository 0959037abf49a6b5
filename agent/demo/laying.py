"""Writes the demo school's folder: its settings and its store, through the agent's own store and summaries.

The last days have rows of a minute, as many as retention leaves; before them there are five-minute means
alone. Summaries are made week by week, as the hourly child makes them, so that the chain is as it would be.
The store is made aside and put in place whole: who breaks off has what was there before. A folder that holds
anything real is never written to.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from agent import agent_lock, paths, store
from agent.config import AgentConfig
from agent.demo.demand import demand
from agent.demo.line import carries, test, test_times, within
from agent.demo.mark import NOTE, mark
from agent.demo.school import HEADING, INTERFACE, ZONE, Story, settings, settings_text, story
from agent.history import History
from agent.migrations import transaction
from agent.minutes import MINUTE_S
from agent.retention import DAY_S
from agent.summarise import GRACE, make_summaries
from reports.faults import UsageFault
from reports.periods import SLOT_S, SchoolHours
from reports.samples import CapacitySample, Outage, Rates, Stretch, UsageSample

SETTINGS = "agent.toml"
_ASIDE = ".half-made"
_MINUTES = SLOT_S // MINUTE_S

Asides = dict[int, float]
"""Seconds of a minute that a throughput test took, by the minute's Unix time."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Five minutes of the school: what it asked, and what the line let through."""

    at: datetime
    asked: Rates
    down_mbps: float
    up_mbps: float
    most_mbps: float


def lay(folder: Path, seed: int, until: datetime, show: Callable[[str], None] = lambda words: None) -> Story:
    """Makes the folder's settings and store of the time before ``until``; raises Fault and writes nothing.

    ``show`` is told what is being done.
    """
    paths.usable(folder)
    refuse_what_is_real(folder)
    told = story(until)
    config = settings(told)
    aside = folder / _ASIDE
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        with closing(store.open_store(aside)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # what a crash would spoil is made again
            store.note(connection, NOTE, f"seed {seed}, until {until.isoformat(timespec='minutes')}")
            _samples(connection, seed, told, config, show)
            _summaries(connection, told, config, show)
        (folder / SETTINGS).write_text(settings_text(told))
        for companion in ("-wal", "-shm"):
            (folder / (store.FILE + companion)).unlink(missing_ok=True)
        (aside / store.FILE).replace(folder / store.FILE)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return told


def refuse_what_is_real(folder: Path) -> None:
    """Raises UsageFault when the folder has a store or settings that no demo wrote, or an agent's lock."""
    way_out = "a demo is never written over it: name another folder"
    if agent_lock.worked(folder) or agent_lock.taken(folder):
        raise UsageFault(f"{folder}: an agent works here, or did; {way_out}")
    if (folder / store.FILE).exists():
        with closing(store.open_store(folder, read_only=True)) as connection:
            if mark(connection) is None:
                raise UsageFault(f"{folder / store.FILE}: no demo's store; {way_out}")
    elif (folder / SETTINGS).exists() and not _text(folder / SETTINGS).startswith(HEADING):
        raise UsageFault(f"{folder / SETTINGS}: no demo's settings; {way_out}")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _samples(
    connection: sqlite3.Connection, seed: int, told: Story, config: AgentConfig, show: Callable[[str], None]
) -> None:
    hours = SchoolHours.of(config.site)
    store.write_minutes(connection, [], _outages(told), _probed(told))
    times = list(test_times(told, config.cadence()))
    minutes_from_s = int(told.until.timestamp() - config.store.keep_minutes) // DAY_S * DAY_S
    day, last = told.begins_at.astimezone(ZONE).date(), told.until.astimezone(ZONE).date()
    while day <= last:
        show(f"samples of {day}")
        slots = list(_slots(seed, day, told, hours))
        tests = [one for one in times if slots and slots[0].at <= one[0] < slots[-1].at + _SLOT]
        done = [_test(seed, at, long, told, hours, slots) for at, long in tests]
        _write(connection, seed, told, slots, done, minutes_from_s)
        day += timedelta(days=1)


_SLOT = timedelta(seconds=SLOT_S)


def _slots(seed: int, day: date, told: Story, hours: SchoolHours) -> Iterator[Slot]:
    """A day's five minutes, as far as the agent was there."""
    for at, asked in demand(seed, day, hours):
        if at < told.begins_at or at >= told.until or within(at, told.off):
            continue
        line = carries(at, told, hours)
        assert line.down_mbps is not None
        assert line.up_mbps is not None
        down = min(asked.down_mbps or 0.0, 0.96 * line.down_mbps)
        up = min(asked.up_mbps or 0.0, 0.96 * line.up_mbps)
        yield Slot(at, Rates(down, up), down, up, max(line.down_mbps, line.up_mbps))


def _test(
    seed: int, at: datetime, long: bool, told: Story, hours: SchoolHours, slots: list[Slot]
) -> CapacitySample:
    here = max((slot for slot in slots if slot.at <= at), key=lambda slot: slot.at)
    return test(seed, at, long, told, hours, here.asked)


def _write(
    connection: sqlite3.Connection,
    seed: int,
    told: Story,
    slots: list[Slot],
    tests: list[CapacitySample],
    minutes_from_s: int,
) -> None:
    """One day's rows and tests."""
    history = History(connection)
    for one in tests:
        history.add_capacity_sample(one)
    aside = _set_aside(tests)
    chance = random.Random(f"{seed} rows {slots[0].at}" if slots else "")  # noqa: S311  # a demo, no secret
    rows = [_row(slot, told, aside, chance) for slot in slots if slot.at.timestamp() < minutes_from_s]
    with transaction(connection):
        connection.executemany(store.fold_into("usage_five_minutes"), [_values(row) for row in rows])
    recent = [slot for slot in slots if slot.at.timestamp() >= minutes_from_s]
    store.write_minutes(
        connection, [row for slot in recent for row in _minute_rows(slot, told, aside, chance)]
    )


def _row(slot: Slot, told: Story, aside: Asides, chance: random.Random) -> UsageSample:
    start = int(slot.at.timestamp())
    taken_s = sum(aside.get(start + n * MINUTE_S, 0.0) for n in range(_MINUTES))
    return _usage(slot, slot.at, SLOT_S, taken_s, 1.0, told, chance)


def _minute_rows(slot: Slot, told: Story, aside: Asides, chance: random.Random) -> Iterator[UsageSample]:
    for n in range(_MINUTES):
        at = slot.at + timedelta(seconds=n * MINUTE_S)
        taken_s = aside.get(int(at.timestamp()), 0.0)
        yield _usage(slot, at, MINUTE_S, taken_s, max(0.4, chance.gauss(1, 0.1)), told, chance)


def _usage(
    slot: Slot, at: datetime, length_s: int, taken_s: float, share: float, told: Story, chance: random.Random
) -> UsageSample:
    """A row of ``length_s`` from which a test took ``taken_s``; its rate is ``share`` of the slot's mean."""
    dark = within(at, told.cable_cut)
    observed_s = 0.0 if dark else max(0.0, length_s - taken_s)
    down = min(slot.down_mbps * share, slot.most_mbps)
    up = min(slot.up_mbps * share, slot.most_mbps)
    peaks = [min(rate * chance.uniform(1.15, 1.9), slot.most_mbps) for rate in (down, up)]
    return UsageSample(
        interface=INTERFACE,
        started_at=at,
        interval_s=round(observed_s, 3),
        rx_bytes=int(down * observed_s * 125_000),
        tx_bytes=int(up * observed_s * 125_000),
        peak_rx_mbps=round(peaks[0], 6) if observed_s else None,
        peak_tx_mbps=round(peaks[1], 6) if observed_s else None,
        link_down_s=float(length_s) if dark else 0.0,
    )


def _values(row: UsageSample) -> tuple[object, ...]:
    return (
        int(row.started_at.timestamp()),
        row.interface,
        row.interval_s,
        row.rx_bytes,
        row.tx_bytes,
        row.peak_rx_mbps,
        row.peak_tx_mbps,
        row.link_down_s,
    )


def _set_aside(tests: list[CapacitySample]) -> Asides:
    """The seconds that tests took, by minute."""
    found: Asides = {}
    for one in tests:
        at, ends = int(one.started_at.timestamp()), int(one.ended_at.timestamp())
        while at < ends:
            minute = at // MINUTE_S * MINUTE_S
            stop = min(ends, minute + MINUTE_S)
            found[minute] = found.get(minute, 0.0) + stop - at
            at = stop
    return found


def _outages(told: Story) -> list[Outage]:
    probe = timedelta(minutes=1)
    cut, out = told.cable_cut, told.provider_out
    return [
        Outage(cut.starts_at, cut.ends_at - probe, cut.ends_at, "link", f"{INTERFACE} has no carrier"),
        Outage(out.starts_at, out.ends_at - probe, out.ends_at, "internet", "1.1.1.1:443: no answer"),
    ]


def _probed(told: Story) -> list[Stretch]:
    return [Stretch(told.begins_at, told.off.starts_at), Stretch(told.off.ends_at, told.until)]


def _summaries(
    connection: sqlite3.Connection, told: Story, config: AgentConfig, show: Callable[[str], None]
) -> None:
    """Made at the end of each week, and now."""
    history = History(connection)
    at = told.begins_at
    while at < told.until:
        at = min(at + timedelta(weeks=1) + GRACE, told.until)
        show(f"summaries up to {at.astimezone(ZONE).date()}")
        make_summaries(history, config.site, at)
