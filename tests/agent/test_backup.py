"""`bandgap backup` and `bandgap restore`: one moment of the store, and never less than a whole one."""

import json
import os
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agent import agent_lock, migrations, store
from agent.backups import back_up
from agent.config import load
from agent.history import History
from agent.upload import send_waiting
from reports.samples import UsageSample
from tests.agent.kept_history import START, contents, kept
from tests.agent.killed import at_every_step
from tests.commands import bandgap, environment, started, until
from tests.loopback import Answer, receipt, serving


def whole(path: Path) -> bool:
    """Whether it is a database that is what it says."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("PRAGMA integrity_check")] == ["ok"]


def asides(state: Path) -> list[Path]:
    return sorted(state.glob(f"{store.FILE}.before-*"))


def test_a_backup_and_its_restore_give_the_store_back(tmp_path: Path) -> None:
    """Rows written since are in the store that was set aside, not in the one that came back."""
    environ, state = environment(tmp_path), kept(tmp_path / "state")
    before = contents(state)
    made = bandgap(environ, "backup", "school.backup")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("school.backup: ")
    with closing(store.open_store(state)) as connection:
        store.write_minutes(connection, [UsageSample("eth0", START + timedelta(days=1), 60.0, 1, 1)])
    since = contents(state)
    back = bandgap(environ, "restore", "school.backup")
    assert (back.returncode, back.stderr) == (0, "")
    assert contents(state) == before
    (aside,) = asides(state)
    assert str(aside) in back.stdout
    aside.rename(tmp_path / store.FILE)
    assert contents(tmp_path) == since


def test_a_backup_is_one_file(tmp_path: Path) -> None:
    """No write-ahead log beside it that somebody could forget to copy."""
    kept(tmp_path / "state")
    bandgap(environment(tmp_path), "backup", "school.backup")
    assert [file.name for file in tmp_path.iterdir() if "backup" in file.name] == ["school.backup"]
    assert whole(tmp_path / "school.backup")
    assert sorted(file.name for file in tmp_path.iterdir() if "backup" in file.name) == ["school.backup"]


def test_nothing_is_written_over_unless_it_is_asked_for(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    kept(tmp_path / "state")
    (tmp_path / "school.backup").write_text("a thesis")
    done = bandgap(environ, "backup", "school.backup")
    assert (done.returncode, done.stderr) == (
        1,
        "bandgap: school.backup: is there already; name another file, or use --force to write over it\n",
    )
    assert (tmp_path / "school.backup").read_text() == "a thesis"
    assert bandgap(environ, "backup", "--force", "school.backup").returncode == 0
    assert whole(tmp_path / "school.backup")


@pytest.mark.parametrize("name", ["", "-wal"])
def test_the_store_is_not_backed_up_onto_itself(tmp_path: Path, name: str) -> None:
    kept(tmp_path / "state")
    done = bandgap(environment(tmp_path), "backup", "--force", f"state/{store.FILE}{name}")
    assert done.returncode == 2
    assert "the store's own name" in done.stderr


def test_a_backup_during_heavy_writes_is_one_moment(tmp_path: Path) -> None:
    """Minutes and five-minute means are written together, so in every backup their bytes are the same."""
    kept(tmp_path / "state", minutes=5000)
    stop, wrote = threading.Event(), [0]

    def write() -> None:
        with closing(store.open_store(tmp_path / "state")) as connection:
            while not stop.is_set():
                at = START + timedelta(days=10, minutes=wrote[0])
                store.write_minutes(connection, [UsageSample("eth0", at, 60.0, 1000, 10)])
                wrote[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    totals = []
    try:
        for n in range(8):
            target, seen = tmp_path / f"{n}.backup", wrote[0]
            until(lambda seen=seen: wrote[0] > seen, "a row between two backups")  # type: ignore[misc]
            back_up(tmp_path / "state", target, force=False, show=lambda done, of: None)
            with closing(sqlite3.connect(target)) as connection:
                minutes, means = (
                    connection.execute(f"SELECT sum(rx_bytes), sum(tx_bytes) FROM {table}").fetchone()
                    for table in ("usage_minutes", "usage_five_minutes")
                )
            assert minutes == means
            totals.append(minutes[1])
    finally:
        stop.set()
        writer.join()
    assert totals == sorted(set(totals))


def test_a_backup_while_the_agent_runs(tmp_path: Path) -> None:
    environ = environment(
        tmp_path, '[measure]\ninterface = "lo"\ntest_every = "9h"\n[reachability]\nenabled = false\n'
    )
    kept(tmp_path / "state")
    with started(environ, "run", log=tmp_path / "log") as agent:
        until(lambda: agent_lock.taken(tmp_path / "state"), "an agent")
        assert bandgap(environ, "backup", "school.backup").returncode == 0
        refused = bandgap(environ, "restore", "school.backup")
        assert refused.returncode == 78
        assert f"another agent runs here (pid {agent.pid})" in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert asides(tmp_path / "state") == []


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (lambda path: path.write_text("no database" * 999), 78, "not a bandgap store"),
        (lambda path: database(path, "CREATE TABLE cats (name TEXT)"), 78, "a database of something else"),
        (lambda path: path.touch(), 78, "an empty database"),
        (lambda path: None, 1, "no such file"),
        (lambda path: path.mkdir(), 1, "no such file"),
        (
            lambda path: database(
                path,
                migrations.TABLE,
                *(f"INSERT INTO migrations VALUES ({n}, 'x')" for n in range(1, 99)),
            ),
            78,
            "written by a newer bandgap (format 98",
        ),
    ],
)
def test_what_is_no_backup_is_refused_and_nothing_changes(
    tmp_path: Path, make: object, code: int, words: str
) -> None:
    environ, state = environment(tmp_path), kept(tmp_path / "state")
    make(tmp_path / "other")  # type: ignore[operator]
    before, files = contents(state), sorted(file.name for file in state.iterdir() if "lock" not in file.name)
    done = bandgap(environ, "restore", "other")
    assert done.returncode == code
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(file.name for file in state.iterdir() if "lock" not in file.name) == files
    assert contents(state) == before


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    """Whole in its head, wrong in its middle: only reading all of it tells."""
    environ, state = environment(tmp_path), kept(tmp_path / "state", minutes=3000)
    bandgap(environ, "backup", "school.backup")
    with (tmp_path / "school.backup").open("r+b") as file:
        for page in range(20, 40):
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    before = contents(state)
    done = bandgap(environ, "restore", "school.backup")
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert contents(state) == before
    assert asides(state) == []


def test_a_damaged_store_is_not_backed_up_and_can_be_restored_over(tmp_path: Path) -> None:
    """That is when a backup is needed; what was there is set aside as it was."""
    environ, state = environment(tmp_path), kept(tmp_path / "state")
    bandgap(environ, "backup", "school.backup")
    before = contents(state)
    (state / store.FILE).write_bytes(b"spoilt" * 10_000)
    assert bandgap(environ, "backup", "second.backup").returncode == 78
    assert not (tmp_path / "second.backup").exists()
    assert bandgap(environ, "restore", "school.backup").returncode == 0
    assert contents(state) == before
    assert asides(state)[0].read_bytes() == b"spoilt" * 10_000


def test_an_older_format_is_brought_up(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with closing(sqlite3.connect(tmp_path / "old.backup", isolation_level=None)) as connection:
        migrations.apply(connection, migrations.MIGRATIONS[:1])
    environ = environment(tmp_path)
    done = bandgap(environ, "restore", "old.backup")
    assert (done.returncode, done.stdout) == (0, "old.backup: restored\n")
    with closing(sqlite3.connect(tmp_path / "state" / store.FILE)) as connection:
        assert migrations.applied(connection) == len(migrations.MIGRATIONS)


def test_what_the_collector_has_since_the_backup_is_known_and_counts_once(tmp_path: Path) -> None:
    """The outbox comes back with it; the receipt says known, and it is empty again."""
    state = kept(tmp_path / "state")
    environ = environment(tmp_path)
    bandgap(environ, "backup", "school.backup")
    has: set[str] = set()

    def collector(n: int, upload: object) -> Answer:
        ids = set(json.loads(receipt(upload).body)["accepted"])
        known = ids <= has
        has.update(ids)
        return receipt(upload, known=known)

    with serving(collector) as server:
        settings = f'[upload]\ncollector = "{server.url}"\n'
        environ = environment(tmp_path, settings, BANDGAP_TOKEN="a-token-of-this-site")
        config = load(tmp_path / "agent.toml", zone="UTC")
        for told in ("accepted", "known"):
            with closing(store.open_store(state)) as connection:
                history = History(connection)
                assert len(history.waiting()) == 1
                delivery = send_waiting(history, config, "a-token")
                assert (delivery.sent, delivery.fault) == (1, None)
                assert history.waiting() == []
            if told == "accepted":
                assert bandgap(environ, "restore", "school.backup").returncode == 0
        assert len(has) == 1
        assert len(server.seen) == 2


@pytest.mark.once
def test_killed_at_any_step_a_backup_is_whole_or_not_there(tmp_path: Path) -> None:
    environ, state = environment(tmp_path), kept(tmp_path / "state")
    before = contents(state)
    target = tmp_path / "school.backup"
    killed = 0
    for n in at_every_step(environ, "backup", "school.backup"):
        if target.exists():
            assert whole(target)
            target.unlink()
        assert contents(state) == before
        killed = n - 1
    assert killed > 10


@pytest.mark.once
def test_killed_at_any_step_a_restore_leaves_one_whole_store(tmp_path: Path) -> None:
    """The old one or the new one, and the old one's rows are always somewhere."""
    environ, state = environment(tmp_path), kept(tmp_path / "state", tests=2)
    bandgap(environ, "backup", "school.backup")
    restored = contents(state)
    with closing(store.open_store(state)) as connection:
        store.write_minutes(connection, [UsageSample("eth0", START + timedelta(days=1), 60.0, 1, 1)])
    present = contents(state)
    outcomes = set()
    for _ in at_every_step(environ, "restore", "school.backup"):
        now = contents(state)
        assert now in (restored, present)
        outcomes.add("restored" if now == restored else "present")
        if now == restored:
            aside = asides(state)[-1]
            assert whole(aside)
            (state / store.FILE).unlink()
            aside.rename(state / store.FILE)
            assert contents(state) == present
        for left in asides(state):
            left.unlink()
    assert outcomes == {"restored", "present"}
