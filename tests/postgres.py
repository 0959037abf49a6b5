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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.commands import until

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


@dataclass
class Cluster:
    """A running server: where its socket is, and who may ask it anything."""

    folder: Path
    user: str
    _server: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.folder}&user={self.user}"

    def create(self, like: str = "template1") -> str:
        """A new database, empty or as ``like`` is, which nobody uses meanwhile; returns its URL."""
        import psycopg

        name, template = f"test_{os.getpid()}_{next(_numbers)}", self.name(like)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    @staticmethod
    def name(url: str) -> str:
        """The database that a URL of ours names."""
        return url.removeprefix("postgresql:///").partition("?")[0]

    def start(self) -> None:
        """Starts the server, as a process of ours: the next one believes that a dead one is gone once it is
        waited for, which whoever inherits it may never do."""
        import psycopg

        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [FOLDERS[-1] / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                stdout=log, stderr=log, **self._as_user(),
            )  # fmt: skip

        def ready() -> bool:
            assert self._server is not None
            assert self._server.poll() is None, (self.folder / "log").read_text()[-2000:]
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                return False
            return True

        until(ready, "PostgreSQL answers", 60)

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(60)

    def kill(self) -> None:
        """As when the power goes: the server and all its processes at once, and waits until they are gone."""
        assert self._server is not None
        self._server.kill()
        while found := self.processes():
            for process in found:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        self._server.wait(60)

    def processes(self) -> list[int]:
        """All that have the data's folder for their working folder: the server's, and nobody else's."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cwd").readlink() == self.folder / "data":
                    found.append(int(process.name))
        return found

    def init(self) -> None:
        words = ("-U", self.user, "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        subprocess.run(
            [FOLDERS[-1] / "initdb", "-D", self.folder / "data", *words],
            stdout=subprocess.DEVNULL, check=True, **self._as_user(),
        )  # fmt: skip

    def _as_user(self) -> dict[str, Any]:
        who = {}
        if os.geteuid() == 0:
            who = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}
        return {"env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, "cwd": "/", **who}


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A new cluster that runs for the block."""
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    with tempfile.TemporaryDirectory(prefix="bandgap-pg-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        made = Cluster(folder, user)
        made.init()
        made.start()
        try:
            yield made
        finally:
            made.stop()
