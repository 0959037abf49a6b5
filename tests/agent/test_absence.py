"""An agent that was not heard for a while says why with the next upload that arrives."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import store
from agent.absence import Absence, absence, note
from agent.history import History
from reports.agent_state import ABSENT
from reports.samples import Hole, Outage, UsageSample
from tests.commands import bandgap, environment
from tests.loopback import Answer, receipt, serving

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=6)
BOOTED = NOW - timedelta(days=30)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(store.open_store(tmp_path)) as found:
        store.note(found, "uploaded_at", SINCE.isoformat())
        yield found


def sampled(connection: sqlite3.Connection, hours: float, outages: tuple[Outage, ...] = ()) -> None:
    """The first hours since the last upload, minute by minute."""
    rows = [
        UsageSample("wan", SINCE + timedelta(minutes=n), 60.0, 1000, 1000) for n in range(int(hours * 60))
    ]
    store.write_minutes(connection, rows, outages)


def found(connection: sqlite3.Connection, *, booted: datetime = BOOTED) -> Absence | None:
    return absence(connection, History(connection), 3600.0, booted, NOW)


def test_who_was_heard_in_time_was_not_away(connection: sqlite3.Connection) -> None:
    store.note(connection, "uploaded_at", (NOW - timedelta(hours=1)).isoformat())
    assert found(connection) is None


def test_a_machine_that_was_off_says_power_and_an_agent_that_did_not_run_says_so(
    connection: sqlite3.Connection,
) -> None:
    sampled(connection, 1)
    assert found(connection, booted=NOW - timedelta(minutes=3)) == Absence(SINCE, NOW, "power")
    assert found(connection) == Absence(SINCE, NOW, "stopped")


def test_an_outage_of_most_of_it_is_the_reason(connection: sqlite3.Connection) -> None:
    began = SINCE + timedelta(minutes=40)
    sampled(connection, 6, (Outage(began, NOW, None, "internet"),))
    assert found(connection) == Absence(SINCE, NOW, "no_internet")


def test_what_was_given_up_for_want_of_a_disk_is_the_reason(connection: sqlite3.Connection) -> None:
    store.write_minutes(connection, [], given_up=Hole(SINCE, NOW, "samples", "disk_full"))
    assert found(connection) == Absence(SINCE, NOW, "disk_full")


@pytest.mark.parametrize("because", ["token_refused", "collector_unreachable", "collector_failed", None])
def test_where_all_was_well_here_it_is_what_the_last_upload_failed_by(
    connection: sqlite3.Connection, because: str | None
) -> None:
    sampled(connection, 6)
    store.note(connection, "upload_because", because)
    assert found(connection) == Absence(SINCE, NOW, because)


def test_it_is_told_for_a_week_and_then_no_more(connection: sqlite3.Connection) -> None:
    last = Absence(NOW - timedelta(days=6, hours=3), NOW - timedelta(days=6), "power")
    note(connection, last)
    store.note(connection, "uploaded_at", (NOW - timedelta(minutes=50)).isoformat())
    assert found(connection) == last
    note(connection, Absence(NOW - timedelta(days=9), NOW - timedelta(days=8), "power"))
    assert found(connection) is None


def test_a_refused_token_is_told_by_the_upload_that_is_taken_again(tmp_path: Path) -> None:
    """By the real command: refused now, taken later, and the reason goes along."""
    token = tmp_path / "token"
    token.write_text("bandgap_0123456789abcdef\n")
    token.chmod(0o600)

    def behaviour(n: int, body: object) -> Answer:
        return Answer(401) if n == 0 else receipt(body)

    with serving(behaviour) as server:
        environ = environment(
            tmp_path, f'[upload]\ncollector = "{server.url}"\ntoken_file = "{token}"\nevery = "60s"\n'
        )
        (tmp_path / "state").mkdir()
        with closing(store.open_store(tmp_path / "state")) as connection:
            now = datetime.now(UTC).replace(second=0, microsecond=0)  # noqa: TID251  # the command reads the clock
            since = now - timedelta(hours=3)
            store.note(connection, "uploaded_at", since.isoformat())
            rows = [UsageSample("wan", since + timedelta(minutes=n), 60.0, 9, 9) for n in range(180)]
            store.write_minutes(connection, rows)
        assert bandgap(environ, "upload").returncode == 1
        assert bandgap(environ, "upload").returncode == 0
        assert bandgap(environ, "upload").returncode == 0
        told = [body.get("agent_state") or {} for _, _, _, body in server.seen if body]
    assert told[1]["absent_because"] == "token_refused"
    assert told[1]["absent_because"] in ABSENT
    assert json.dumps(told[1]).count(since.strftime("%Y-%m-%dT%H:%M")) == 1
