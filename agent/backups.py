"""A backup is a whole store in one file; restoring puts it in the store's place.

A backup is one moment of the store: it is read within one transaction, and WAL lets the agent write on. It
is checked before it gets its name, so that a file of that name is always whole. A restore checks a copy
first and brings it to this version's format, then one rename puts it in place: at every moment, also of a
power cut, there is a whole store under the store's name. The store that was there keeps all it had, under a
name with the time.

The outbox comes back as it was. What was sent after the backup waits again, the collector answers that it is
known, and nothing counts twice; summaries made after the backup stay at the collector as they are.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agent import agent_lock, migrations, store
from agent.test_lock import TestRunning, hold
from reports.faults import ConfigFault, Fault, UsageFault

PAGES = 512
"""Pages to a step, 2 MB: how often progress is shown, and how soon an interrupt is heard."""

Progress = Callable[[int, int], None]
"""Is told how many octets are done, of how many."""


def back_up(state: Path, target: Path, *, force: bool, show: Progress) -> None:
    """Writes a backup of the store in ``state`` to ``target``. Raises Fault and leaves no half of one."""
    if target.is_dir():
        raise UsageFault(f"{target}: is a folder; name the file to write")
    if target.resolve().parent == state.resolve() and target.name.startswith(store.FILE):
        raise UsageFault(f"{target}: that is the store's own name; name another file")
    if target.exists() and not force:
        raise Fault(f"{target}: is there already; name another file, or use --force to write over it")
    draft = target.with_name(target.name + ".part")
    try:
        with closing(store.open_store(state, read_only=True)) as source:
            _copy(source, state / store.FILE, draft, show)
        draft.replace(target)
        _settle(target.parent)
    except (sqlite3.Error, OSError) as fault:
        raise Fault(f"{target}: can't be written: {_reason(fault)}") from None
    finally:
        _clear(draft)


def restore(state: Path, source: Path, now: datetime, show: Progress) -> Path | None:
    """Puts the backup in the store's place; returns where the store that was there is now, if one was.

    Raises ConfigFault while an agent runs, or for a file that isn't a store this version knows.
    """
    path = state / store.FILE
    if not source.is_file():
        raise Fault(f"{source}: no such file")
    if path.exists() and source.samefile(path):
        raise UsageFault(f"{source}: is the store itself; name a backup of it")
    with _alone(state):
        draft = path.with_name(f"{store.FILE}.part")
        _clear(draft)
        try:
            with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as backup:
                store.refuse_strangers(backup, source)
                if migrations.applied(backup) == 0:
                    raise ConfigFault(f"{source}: an empty database, not a backup of a store")
                _copy(backup, source, draft, show)
            with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
                migrations.apply(copy)
            _give(state, draft)
            aside = _set_aside(path, now)
            draft.replace(path)
            _settle(state)
        except sqlite3.Error as fault:
            raise ConfigFault(f"{source}: can't be restored: {fault}") from None
        except OSError as fault:
            raise Fault(f"{state}: can't be written: {fault.strerror}") from None
        finally:
            _clear(draft)
    return aside


def _copy(source: sqlite3.Connection, name: Path, draft: Path, show: Progress) -> None:
    """One moment of a store, ``name`` to a person, as one checked file without a write-ahead log."""
    _clear(draft)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
    source.isolation_level = None
    source.execute("BEGIN")
    # The first read fixes the moment; without it a step begins anew whenever the agent has written.
    source.execute("SELECT count(*) FROM sqlite_master").fetchone()
    page_bytes = int(source.execute("PRAGMA page_size").fetchone()[0])
    with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
        source.backup(
            copy,
            pages=PAGES,
            progress=lambda _, left, total: show((total - left) * page_bytes, total * page_bytes),
        )
        source.execute("COMMIT")
        copy.execute("PRAGMA journal_mode = DELETE")
        found = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise ConfigFault(f"{name}: damaged ({' '.join(found[0].split())}); nothing was written")
    _settle(draft)


def _set_aside(path: Path, now: datetime) -> Path | None:
    """Gives the present store a second name; its own is taken over by the next rename."""
    if not path.exists():
        return None
    aside = path.with_name(f"{store.FILE}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    try:
        # Closing the last connection folds the write-ahead log into the file and takes it away.
        with closing(sqlite3.connect(path, timeout=store.BUSY_S, isolation_level=None)) as present:
            present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError:
        pass  # damaged, and set aside as it is
    os.link(path, aside)
    for end in ("-wal", "-shm"):
        # What is left of a log belongs to the old store; beside the new one it would spoil it.
        log = path.with_name(path.name + end)
        if log.exists():
            log.rename(aside.with_name(aside.name + end))
    return aside


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Holds the locks of all that write to the store: the agent, a test, an upload."""
    agent = agent_lock.take(state)
    try:
        with hold(state / "test.lock"), open(state / "upload.lock", "w") as upload:
            fcntl.flock(upload, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _give(state, *(state / name for name in (agent_lock.FILE, "test.lock", "upload.lock")))
            yield
    except TestRunning:
        raise Fault(f"{state}: a throughput test is running; try again when it has ended") from None
    except BlockingIOError:
        raise Fault(f"{state}: an upload is under way; try again when it has ended") from None
    finally:
        agent.release()


def _give(state: Path, *paths: Path) -> None:
    """What root makes here belongs to the folder's owner, the service's user, who has to write to it."""
    if os.geteuid() == 0:
        owner = state.stat()
        for path in paths:
            os.chown(path, owner.st_uid, owner.st_gid)


def _settle(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear(draft: Path) -> None:
    for end in ("", "-journal", "-wal", "-shm"):
        draft.with_name(draft.name + end).unlink(missing_ok=True)


def _reason(fault: Exception) -> str:
    return fault.strerror or str(fault) if isinstance(fault, OSError) else str(fault)
