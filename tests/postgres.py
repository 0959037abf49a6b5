"""A PostgreSQL server of the tests' own: one cluster for a session, a database for a test.

Debian's binaries, run by a user who isn't root (initdb refuses to be), with a Unix socket in a temporary
folder and no port.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
"""Debian's, the newest last."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
}

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server: where its socket is, and who may ask it anything."""

    folder: Path
    user: str

    def url(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.folder}&user={self.user}"

    def create(self) -> str:
        """A new, empty database; returns its URL."""
        import psycopg

        name = f"test_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    @property
    def pid(self) -> int:
        return int((self.folder / "data/postmaster.pid").read_text().splitlines()[0])

    def start(self) -> None:
        options = " ".join(f"-c {name}={value!r}" for name, value in SETTINGS.items())
        self._run(
            "pg_ctl", "start", "-w", "-t", "60", "-s", "-D", str(self.folder / "data"),
            "-l", str(self.folder / "log"), "-o", f"-k {self.folder} {options}",
        )  # fmt: skip

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", "-s", "-D", str(self.folder / "data"))

    def kill(self) -> None:
        """As when the power goes: the server and all its processes at once."""
        children = subprocess.run(
            ["pgrep", "-P", str(self.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        for process in [self.pid, *map(int, children)]:
            os.kill(process, signal.SIGKILL)

    def _run(self, program: str, *words: str) -> None:
        user = self.user if os.geteuid() == 0 else None
        subprocess.run(
            [str(FOLDERS[-1] / program), *words],
            user=user, group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [], env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            cwd="/", stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A new cluster that runs for the block."""
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    with tempfile.TemporaryDirectory(prefix="bandgap-pg-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        made = Cluster(folder, user)
        made._run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            user,
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        made.start()
        try:
            yield made
        finally:
            made.stop()
