"""The store's chain grows by every complete summary, and shows what was done to it by hand."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import migrations, store
from agent.history import History
from reports.chain import Break, Have, digest
from reports.periods import SchoolHours, day_of, hour_of, week_of
from reports.sites import Site
from reports.summaries import Summary, summarise
from reports.wire import summary_json
from tests.commands import bandgap, environment

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOURS = SchoolHours.of(Site(timezone="UTC"))


def hour(n: int) -> Summary:
    period = hour_of(START + timedelta(hours=n))
    return summarise(period, period.ends_at, [], [], HOURS)


def running_week(n: int) -> Summary:
    return summarise(week_of(START, HOURS.zone), START + timedelta(hours=n), [], [], HOURS)


def keep(history: History, hours: int, first: int = 0) -> None:
    for n in range(first, first + hours):
        history.keep_summary(hour(n))
        history.keep_summary(running_week(n + 1))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    (tmp_path / "state").mkdir()
    connection = store.open_store(tmp_path / "state")
    yield History(connection)
    connection.close()


def test_each_complete_summary_follows_the_one_before_it(history: History) -> None:
    """Its stored body says which link it is, and the hash of the whole body before it."""
    keep(history, 3)
    bodies = [body for one, body in history.waiting() if one.startswith("hour:")]
    links = [json.loads(body)["chain"] for body in bodies]
    assert links == [
        {"number": 1, "previous": None},
        {"number": 2, "previous": digest(bodies[0])},
        {"number": 3, "previous": digest(bodies[1])},
    ]
    head = history.chain_head()
    assert head is not None
    assert (head.number, head.digest) == (3, digest(bodies[2]))
    assert history.chain_breaks() == []


def test_a_running_period_is_no_link(history: History) -> None:
    """Its summary is replaced hour after hour, which would be a gap each time; it goes first, being news."""
    keep(history, 2)
    assert [one for one, _ in history.waiting()] == [running_week(2).id, hour(0).id, hour(1).id]
    assert "chain" not in json.loads(history.waiting()[0][1])


def test_a_link_is_never_made_anew(history: History) -> None:
    """A summary with a link stays as it was made, whatever is made of the same period again."""
    keep(history, 2)
    before = history.waiting()
    history.keep_summary(replace(hour(0), outage_minutes=30.0))
    assert history.waiting() == before


def test_a_complete_day_that_a_mended_time_zone_moves_breaks_nothing(history: History) -> None:
    """The later day takes its place; the earlier one's hash stays in the chain."""
    for zone in ("UTC", "America/Chicago"):
        day = day_of(START, ZoneInfo(zone))
        history.keep_summary(summarise(day, day.ends_at, [], [], HOURS))
    history.keep_summary(hour(0))
    assert history.chain_breaks() == []
    assert [entry.number for _, entry in history.chain()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE summaries SET body = replace(body, '\"outage_minutes\":null', '\"outage_minutes\":0.0') "
         "WHERE number = 2", Break("edit", 2, 2)),
        ("UPDATE summaries SET body = body || ' ' WHERE number = 5", Break("edit", 5, 5)),
        ("UPDATE chain SET digest = upper(digest) WHERE number = 5", Break("edit", 5, 5)),
        ("UPDATE chain SET previous = NULL WHERE number = 4", Break("edit", 3, 3)),
        ("DELETE FROM summaries WHERE number BETWEEN 3 AND 4", Break("gap", 3, 4)),
        ("DELETE FROM summaries WHERE number = 5", Break("gap", 5, 5)),
        ("DELETE FROM chain WHERE number = 5", Break("gap", 5, 5)),
    ],
)  # fmt: skip
def test_what_is_done_by_hand_is_found(history: History, statement: str, broken: Break) -> None:
    """With sqlite3 on the file, at whichever table."""
    keep(history, 5)
    history._db.conn.execute("PRAGMA foreign_keys = OFF")
    history._db.conn.execute(statement)
    assert history.chain_breaks() == [broken]


def test_an_edit_that_covers_its_traces_is_found_by_the_next_link(history: History) -> None:
    """Body and noted hash agree, and the link after it says otherwise."""
    keep(history, 3)
    connection = history._db.conn
    (body,) = connection.execute("SELECT body FROM summaries WHERE number = 2").fetchone()
    edited = body.replace("2026-11-02T09Z", "2026-11-02T10Z")
    assert edited != body
    connection.execute("UPDATE summaries SET body = ? WHERE number = 2", (edited,))
    connection.execute("UPDATE chain SET digest = ? WHERE number = 2", (digest(edited),))
    assert history.chain_breaks() == [Break("edit", 2, 2)]


def test_an_agent_goes_on_after_its_chain_was_cut_by_hand(history: History) -> None:
    """The next link gets a number of its own, and the gap stays to be seen."""
    keep(history, 3)
    history._db.conn.execute("PRAGMA foreign_keys = OFF")
    history._db.conn.execute("DELETE FROM chain WHERE number = 3")
    keep(history, 2, first=3)
    assert [entry.number for _, entry in history.chain()] == [1, 2, 4, 5]
    assert history.chain_breaks() == [Break("gap", 3, 3)]


def test_what_a_collector_lacks_goes_out_again(history: History) -> None:
    """Beyond its highest link, in its gaps, and the week; what was refused for good and what it has stay."""
    keep(history, 9)
    history.mark_refused({hour(8).id: "HTTP 422: no"})
    history.sent([one for one, _ in history.waiting()])
    assert history.put_back(Have(7, "0" * 64, ((2, 3), (5, 5)))) == 5
    assert [one for one, _ in history.waiting()] == [
        running_week(9).id,
        *(hour(n).id for n in (1, 2, 4, 7)),
    ]
    assert history.put_back(Have(7, "0" * 64, ((2, 3), (5, 5)))) == 0, "asking again changes nothing"
    assert history.put_back(Have(40)) == 0, "a collector that has more needs nothing"


def before_chains(folder: Path, made: list[Summary]) -> None:
    """A store as the version before chains left it, with its summaries in the outbox."""
    connection = sqlite3.connect(folder / store.FILE, isolation_level=None)
    migrations.apply(connection, [one for one in migrations.MIGRATIONS if one[0] < "0003"])
    for one in made:
        times = [int(at.timestamp()) for at in (one.starts_at, one.ends_at, one.through_at)]
        connection.execute(
            "INSERT INTO summaries (id, kind, label, starts_at, ends_at, through_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (one.id, one.kind, one.label, *times, summary_json(one)),
        )
    connection.close()


def test_a_store_from_before_gets_a_chain_from_then_on(tmp_path: Path) -> None:
    """What it has keeps its bodies to the letter, goes out as it would have, and isn't missing."""
    made = [hour(0), hour(1), running_week(2)]
    before_chains(tmp_path, made)
    connection = store.open_store(tmp_path)
    history = History(connection)
    assert sorted(history.waiting()) == sorted((one.id, summary_json(one)) for one in made)
    assert history.chain_head() is None
    keep(history, 2, first=2)
    assert [(one, entry.number) for one, entry in history.chain()] == [(hour(2).id, 1), (hour(3).id, 2)]
    assert history.chain_breaks() == []
    history.sent([one for one, _ in history.waiting()])
    assert history.put_back(Have(2)) == 0
    assert history.put_back(Have()) == 5, "a collector that lacks a link may lack what has none"
    connection.close()


def verified(folder: Path, *more: str) -> tuple[int, str]:
    done = bandgap(environment(folder), "evidence", "verify", *more)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_evidence_verify_says_that_all_is_whole(history: History, tmp_path: Path) -> None:
    """How many, since when, and the head that can be compared with the collector's page."""
    assert verified(tmp_path) == (
        0,
        "No summary is linked yet: the first complete hour makes the first link.\n",
    )
    keep(history, 3)
    head = history.chain_head()
    assert head is not None
    assert verified(tmp_path) == (0, f"3 summaries, chain whole since 2026-11-02, head {head.digest[:12]}\n")
    facts = json.loads(verified(tmp_path, "--json")[1])
    assert (facts["summaries"], facts["head"], facts["breaks"]) == (3, head.digest, [])
    assert facts["since"] == "2026-11-02T09:00:00+00:00"
    said = bandgap(environment(tmp_path), "status").stdout
    assert f"3 links, head {head.digest[:12]}\n" in said


def test_evidence_verify_names_what_was_edited_by_hand(history: History, tmp_path: Path) -> None:
    """Exit code 1, and the link with its period."""
    keep(history, 4)
    path = tmp_path / "state" / store.FILE
    edit = "UPDATE summaries SET body = replace(body, '\"tests_down_bytes\":0', '\"tests_down_bytes\":9') WHERE number = 2"
    with sqlite3.connect(path) as hand:
        assert hand.execute(edit).rowcount == 1
    hand.close()
    assert verified(tmp_path) == (
        1,
        f"4 summaries, chain broken in 1 place:\n  link 2 was edited: {hour(1).id}\n",
    )
    code, said = verified(tmp_path, "--json")
    assert (code, json.loads(said)["breaks"]) == (1, [{"kind": "edit", "first": 2, "last": 2}])


def test_evidence_verify_reads_a_copy_anywhere(history: History, tmp_path: Path) -> None:
    """A copied store is as good as the first; a folder without one says so."""
    keep(history, 2)
    history._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(tmp_path / "state", tmp_path / "elsewhere")
    environ = environment(tmp_path, BANDGAP_STATE_DIR=str(tmp_path / "elsewhere"))
    assert bandgap(environ, "evidence", "verify").returncode == 0
    environ["BANDGAP_STATE_DIR"] = str(tmp_path / "nowhere")
    missing = bandgap(environ, "evidence", "verify")
    assert (missing.returncode, "no such store" in missing.stderr) == (78, True)


def test_evidence_needs_an_action(tmp_path: Path) -> None:
    said = bandgap(environment(tmp_path), "evidence")
    assert said.returncode == 2
    assert "ACTION" in said.stderr
