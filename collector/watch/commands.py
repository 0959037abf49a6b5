"""``bandgap collector alerts`` and ``liveness``: what is told, to whom, and how the fleet speaks."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Engine, select
from tabulate import tabulate

from collector.asked import database, opened
from collector.engine import reading
from collector.fleet_tables import episodes, notices, watched
from collector.pace import at_once
from collector.settings import Settings
from collector.tables import sites
from collector.watch.liveness import STATES, Liveliness, expected_s, liveness
from reports.agent_state import ABSENT, AgentState
from reports.faults import ConfigFault, Fault
from reports.sites import Site

SHOWN = 50


def add(commands: Any, shared: argparse.ArgumentParser, now: Callable[[], datetime]) -> None:
    """Adds the commands to the collector's."""
    alerts = commands.add_parser("alerts", help="what is wrong in the fleet, and to whom it is told")
    actions = alerts.add_subparsers(required=True, metavar="list|run|test")
    listing = actions.add_parser("list", parents=[shared], help="what lasts, and whether it was told")
    listing.add_argument("--all", action="store_true", help=f"the last {SHOWN}, over ones too")
    listing.set_defaults(run=_list)
    running = actions.add_parser("run", parents=[shared], help="one round now: look, and tell what is due")
    running.set_defaults(run=partial(_run, now=now))
    testing = actions.add_parser("test", parents=[shared], help="tell every channel that this is a test")
    testing.set_defaults(run=partial(_test, now=now))
    living = commands.add_parser(
        "liveness",
        parents=[shared],
        help="who is late or silent, why last time, and the versions in the field",
    )
    living.set_defaults(run=partial(_liveness, now=now))


def watch(source: Engine, store: Any, settings: Settings, rest: Callable[[], None] = at_once) -> Any:
    """The watch as the settings have it; ``rest`` is what it does after every site."""
    from collector.watch.channels import ways
    from collector.watch.round import Watch
    from collector.watch.watcher import holder
    from reports.shipped import chosen, shipped_targets

    target = chosen(settings.targets.sets, shipped_targets(settings.targets.folder))[0]
    return Watch(source, store, settings, target, ways(settings), holder(), rest=rest)


def _run(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    from collector.engine import writing
    from collector.store import open_store
    from collector.watch.leases import leave
    from collector.watch.round import LEASE

    store = open_store(database(asked, settings))
    with opened(asked, settings) as source:
        made = watch(source, store, settings)
        done = made.round(now())
        if done is not None:
            with writing(source) as connection:
                leave(connection, LEASE, made.holder)
    store.close()
    if done is None:
        print("Another process makes the rounds.")
        return 0
    print(f"{done.opened} opened, {done.ended} over, {done.told} told")
    if done.faults:
        raise Fault("; ".join(done.faults))
    return 0


def _test(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    from collector.watch.channels import ways
    from collector.watch.outbox import Notice

    found = ways(settings)
    if not found:
        raise ConfigFault("no channel is set: set email.to, alerts.webhook or alerts.apprise_file")
    at, failed = now(), False
    for way in found:
        site = Site(id="test", name="Test of alerts, no school")
        notice = Notice(
            0, 0, "opened", way.channel, 1, "silent", "test", site, at, None, {"every_s": 3600}, None
        )
        try:
            wrong = way.tell([notice], at).get(0)
        except Fault as fault:
            wrong = str(fault)
        failed = failed or wrong is not None
        print(f"{way.channel} to {way.where}: {wrong or 'told'}")
    return 1 if failed else 0


def _list(asked: argparse.Namespace, settings: Settings) -> int:
    from collector.watch.words import NAMES

    with opened(asked, settings) as source, reading(source) as connection:
        query = select(episodes, sites.c.id, sites.c.facts).join(sites, episodes.c.site == sites.c.key)
        if not asked.all:
            query = query.where(episodes.c.ended_at.is_(None))
        found = connection.execute(
            query.order_by(episodes.c.opened_at.desc()).limit(None if not asked.all else SHOWN)
        ).all()
        told = connection.execute(
            select(notices).where(notices.c.episode.in_([row.key for row in found])).order_by(notices.c.key)
        ).all()
    by_episode: dict[int, list[str]] = {}
    for one in told:
        became = one.outcome or (f"waits: {one.fault}" if one.fault else "waits")
        by_episode.setdefault(one.episode, []).append(f"{one.channel} {one.event} {became}")
    rows = [
        (
            row.id,
            msgspec.json.decode(row.facts, type=Site).name[:40],
            NAMES[row.kind],
            _moment(row.since),
            _moment(row.until),
            ABSENT.get(row.reason or "", row.reason or "–"),
            "; ".join(by_episode.get(row.key, ["nobody"])),
        )
        for row in found
    ]
    if rows:
        head = ("site", "name", "what", "since (UTC)", "until (UTC)", "why", "told")
        print(tabulate(rows, headers=head, disable_numparse=True))
    else:
        print("Nothing was ever wrong." if asked.all else "Nothing is wrong that anybody knows of.")
    return 0


def _liveness(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    at = now()
    counts: Counter[Liveliness] = Counter()
    versions: Counter[str] = Counter()
    quiet = []
    with opened(asked, settings) as source, reading(source) as connection:
        rows = connection.execute(
            select(sites.c.id, sites.c.heard_at, sites.c.agent, sites.c.agent_state, watched.c.gaps)
            .join(watched, watched.c.site == sites.c.key, isouter=True)
            .order_by(sites.c.heard_at)
        )
        for row in rows:
            state = msgspec.json.decode(row.agent_state, type=AgentState) if row.agent_state else AgentState()
            heard = None if row.heard_at is None else datetime.fromtimestamp(row.heard_at, UTC)
            every_s = expected_s(state.upload_every_s, json.loads(row.gaps or "[]"))
            live = liveness(heard, every_s, at, silent_after_s=settings.fleet.silent_after)
            counts[live.state] += 1
            if row.agent:
                versions[row.agent] += 1
            if live.state in ("late", "silent"):
                why = ABSENT.get(state.absent_because or "", state.absent_because or "–")
                quiet.append((row.id, live.state, _moment(row.heard_at), f"{every_s / 60:,.0f} min", why))
    print(", ".join(f"{counts[state]:,} {state}" for state in STATES))
    if versions:
        print("versions: " + ", ".join(f"{name} at {count:,}" for name, count in versions.most_common()))
    if quiet:
        head = ("site", "state", "last heard (UTC)", "expected every", "last time because")
        print(tabulate(quiet, headers=head, disable_numparse=True))
    return 0


def _moment(seconds: int | None) -> str:
    return "–" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
