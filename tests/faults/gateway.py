"""A gateway with a past: hours that were sampled before now, and what it and its collector hold."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import requests

from agent import clock, store
from agent.history import History
from reports.periods import hour_of
from reports.samples import UsageSample
from tests.commands import bandgap, until
from tests.test_one_school import SITE, School


class Gateway(School):
    """One school whose store is filled with hours that have passed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.here = self.url
        (folder / "state").mkdir()

    def sample(self, first: int, last: int) -> None:
        """Five-minute means for the hours from ``first`` to before ``last``, counted back from this one."""
        this = hour_of(clock.now()).starts_at
        connection = store.open_store(self.folder / "state")
        store.write_minutes(
            connection,
            [
                mean(this - timedelta(hours=hours) + timedelta(minutes=5 * n))
                for hours in range(first, last, -1)
                for n in range(12)
            ],
        )
        connection.close()

    def point_at(self, url: str) -> None:
        """Names another collector in the settings."""
        self.url = url
        self.configure()

    def upload(self) -> subprocess.CompletedProcess[str]:
        return bandgap(self.environ, "upload")

    def outbox(self) -> list[str]:
        """Ids that wait, and those that were refused for good with a mark before them."""
        connection = store.open_store(self.folder / "state")
        history = History(connection)
        found = [one for one, _ in history.waiting()] + [f"refused {one}" for one, _ in history.refused()]
        connection.close()
        return found

    def kept_here(self) -> list[tuple[str, str, int]]:
        """What the store has, in the form of ``kept``."""
        connection = sqlite3.connect(self.folder / "state" / store.FILE)
        rows = connection.execute("SELECT kind, label, 1 FROM summaries ORDER BY kind, label").fetchall()
        connection.close()
        return rows

    @contextmanager
    def real_collector(self) -> Iterator[None]:
        """The collector runs and the agent's settings name it."""
        self.point_at(self.here)
        with self.collector() as process:
            until(self.healthy, "the collector is up")
            yield
            process.terminate()
            process.wait(30)

    def chain_line(self) -> str:
        """What the site's page says of its chain."""
        page = requests.get(f"{self.here}/sites/{SITE}", timeout=30).text
        (said,) = re.findall(r"<dt>Chain of summaries</dt><dd>(.*?)</dd>", page)
        return str(said)

    def verified(self) -> dict[str, object]:
        """What `bandgap evidence verify` says."""
        found: dict[str, object] = json.loads(bandgap(self.environ, "evidence", "verify", "--json").stdout)
        return found

    def assert_all_there_once(self) -> None:
        """Nothing waits, and the collector has each summary of the store in one row and in a whole chain."""
        assert self.outbox() == []
        assert self.kept() == self.kept_here()
        facts = self.verified()
        assert facts["breaks"] == []
        assert self.chain_line() == (
            f"{facts['summaries']:,} summaries, whole, head {str(facts['head'])[:12]}"
        )


def mean(at: datetime) -> UsageSample:
    return UsageSample("lo", at, 300.0, 37_500_000, 3_750_000, 1.5, 0.2, 0.0)


def copy_database(path: Path, to: Path) -> None:
    """A copy as a backup makes it, whatever the write-ahead log holds."""
    source, target = sqlite3.connect(path), sqlite3.connect(to)
    source.backup(target)
    source.close()
    target.close()


def restore_database(path: Path, copy: Path) -> None:
    """The copy in the place of what went on since."""
    for left in path.parent.glob(path.name + "-*"):
        left.unlink()
    copy_database(copy, path)
