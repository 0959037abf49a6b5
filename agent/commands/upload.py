"""`bandgap upload`: sends the summaries that wait, or shows exactly what would leave this site."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import sqlite3
import sys
from dataclasses import replace
from datetime import datetime, timedelta

from agent import clock, heartbeat, retention, store
from agent.absence import absence
from agent.absence import note as note_absence
from agent.backoff import LONGEST_S, delay_s
from agent.config import AgentConfig
from agent.damage import noticed
from agent.history import History
from agent.installation import Installation, find
from agent.low_disk import mind_the_disk
from agent.salvage import salvage_waiting
from agent.summarise import make_summaries
from agent.token_file import beside_the_service, read_token
from agent.upload import BATCH, NOWHERE, Delivery, prepared, send_waiting
from agent.upload_lock import one_at_a_time
from reports import journal
from reports.agent_state import AgentState
from reports.faults import ConfigFault, Fault


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap upload", description=__doc__)
    parser.add_argument("--show", action="store_true", help="print what would leave, and send nothing")
    parser.add_argument("--scheduled", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    place, now = find(os.environ), clock.now()
    with noticed(place.state), one_at_a_time(place.state):
        connection = place.open()
        history = History(connection)
        beat = heartbeat.read(place.state)
        state = beat.state if beat else None
        if args.scheduled:  # on a full disk nothing else can be written before there is room
            mind_the_disk(connection, place.state, now)
        # First of all: a summary of what is salvaged only in part would be taken for the whole.
        for line in salvage_waiting(place.state, connection, place.config.site, now):
            journal.tell("salvage", line)
        make_summaries(history, place.config.site, now)
        if args.scheduled and retention.prune(connection, place.config.store, now):
            retention.give_back(connection)
        if args.show:
            return _show(place.config, history, _with_intentions(state, place))
        if place.config.upload.collector is None:
            if args.scheduled:
                return 0
            raise ConfigFault("no collector: set upload.collector in agent.toml; the summaries wait here")
        not_before = store.noted(connection, "upload_not_before")
        if args.scheduled and not_before and _too_soon(datetime.fromisoformat(not_before), now):
            return 0
        named = place.config.upload.token_file
        token = read_token(named, beside_the_service(named, os.environ))
        state = _with_intentions(state, place)
        booted_at = now - timedelta(seconds=clock.uptime_s())
        if away := absence(connection, history, place.config.upload.every, booted_at, now):
            state = replace(
                state or AgentState(),
                absent_since=away.since,
                absent_until=away.until,
                absent_because=away.because,
            )
        delivery = send_waiting(history, place.config, token, state)
        if away and delivery.fault is None:
            note_absence(connection, away)
        _remember(place, delivery, now)
        if place.config.policy.follow and delivery.fault is None:
            _pull_policy(place, token, connection, now)
    return _tell(delivery, place.config, scheduled=args.scheduled)


def _pull_policy(place: Installation, token: str, connection: sqlite3.Connection, now: datetime) -> None:
    """What becomes of a policy is told, and keeps no summary."""
    from agent.policy_pull import pull  # few agents follow one

    try:
        if pull(place.config, token, place.state, connection, now):
            print("INFO policy: another one is followed from now on", file=sys.stderr)
    except Fault as fault:
        print(f"WARNING policy: {fault}", file=sys.stderr)


def _with_intentions(state: AgentState | None, place: Installation) -> AgentState | None:
    """How the agent fared, with how often it means to be heard and what its tests may cost; None where
    none runs."""
    if state is None:
        return None
    serial = place.policy.policy.serial if place.policy else None
    config = place.config
    return replace(state, upload_every_s=config.upload.every, budget_bytes=config.budget_bytes, policy=serial)


def _too_soon(not_before: datetime, now: datetime) -> bool:
    """Whether a fault is too fresh to try again; a longer wait than any is of a clock that was ahead."""
    return now < not_before <= now + timedelta(seconds=LONGEST_S)


def _show(config: AgentConfig, history: History, state: AgentState | None) -> int:
    summaries = [body for _, body in history.waiting(BATCH)]
    request = prepared(config, "…", summaries, state)
    body = request.body if isinstance(request.body, bytes) else b""
    print(f"{request.method} {request.url}")
    for name, value in request.headers.items():
        print(f"{name}: {'Bearer (the token; not shown)' if name == 'Authorization' else value}")
    print()
    sys.stdout.flush()
    plain = gzip.decompress(body)
    if sys.stdout.isatty():
        print(json.dumps(json.loads(plain), indent=2, ensure_ascii=False))
    else:
        sys.stdout.buffer.write(plain + b"\n")
    rest = len(history.waiting()) - len(summaries)
    more = f"; {rest} more wait for further uploads like it" if rest else ""
    size = f"{len(plain):,} bytes, {len(body):,} compressed"
    where = "" if config.upload.collector else f" No collector is set; {NOWHERE} stands for it."
    many = "summary" if len(summaries) == 1 else "summaries"
    print(f"{len(summaries)} {many}, {size}{more}. Nothing was sent.{where}", file=sys.stderr)
    return 0


def _remember(place: Installation, delivery: Delivery, now: datetime) -> None:
    """Keeps when the next scheduled try may be, and how this one went."""
    connection = place.open()
    if delivery.have is not None:
        store.note(connection, "collector_links", str(delivery.have.through))
    if delivery.fault is None:
        store.note(connection, "upload_failures", None)
        store.note(connection, "upload_not_before", None)
        store.note(connection, "upload_fault", None)
        store.note(connection, "upload_because", None)
        store.note(connection, "uploaded_at", now.isoformat(timespec="seconds"))
    else:
        failures = int(store.noted(connection, "upload_failures") or 0) + 1
        wait = delay_s(failures, random.random(), delivery.retry_after_s)  # noqa: S311  # jitter
        store.note(connection, "upload_failures", str(failures))
        store.note(connection, "upload_not_before", (now + timedelta(seconds=wait)).isoformat())
        store.note(connection, "upload_fault", delivery.fault)
        store.note(connection, "upload_because", delivery.because)
    connection.close()


def _tell(delivery: Delivery, config: AgentConfig, *, scheduled: bool) -> int:
    many = "summary" if delivery.sent == 1 else "summaries"
    words = f"{delivery.sent} {many} sent to {config.upload.collector}"
    if delivery.refused:
        words += f", {delivery.refused} refused for good (see bandgap status)"
    if delivery.fault:
        raise Fault(f"{delivery.fault}; what waits is kept and tried again")
    if not scheduled:
        print(words)
    elif delivery.sent or delivery.refused:
        journal.tell("upload", words)
    return 0
