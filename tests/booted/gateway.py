"""A school's gateway in a booted machine, and its collector beside it.

The collector is a process of the machine that tests, in the gateway's network: an agent sends its token over
plain HTTP to its own loopback alone.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.booted.machine import Machine, furnished, machine, rootfs, until
from tests.booted.packages import needed, package
from tests.commands import ROOT, bandgap, environment, started

AGENT = "bandgap-agent.service"
EXAMPLE = (ROOT / "config/examples/try-elementary.toml").read_text()
SITE = "try-elementary"
PORT = 8642
STATE = "var/lib/private/bandgap"
WAIT_S = 180.0


class Gateway:
    """The machine, what its agent says of itself, and what the collector has of it."""

    def __init__(self, inside: Machine, folder: Path) -> None:
        self.machine, self._folder = inside, folder
        self.environ = environment(folder)

    def settle(self, **tables: str) -> None:
        """Writes the settings, as roll-out does before anything is installed."""
        told = {
            "measure": f'engines = ["http"]\nserver = "http://127.0.0.1:{PORT}"\ntest_every = "9h"',
            "schedule": "long_tests = false",
            "reachability": "enabled = false",
            "upload": f'collector = "http://127.0.0.1:{PORT}"\nevery = "1s"',
            **tables,
        }
        text = EXAMPLE + "".join(f"[{name}]\n{keys}\n" for name, keys in told.items())
        place = self.machine.disk / "etc/bandgap"
        place.mkdir(exist_ok=True)
        (place / "agent.toml").write_text(text)

    def give(self, token: str) -> None:
        (self.machine.disk / "etc/bandgap/token").write_text(token)

    def install(self, version: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """One file copied, one command."""
        shutil.copy(package("agent", version), self.machine.disk / "root/bandgap-agent.deb")
        downgrade = ["--allow-downgrades"] if version else []
        return self.machine.apt("install", *downgrade, "/root/bandgap-agent.deb", check=check)

    def enrol(self, *words: str) -> str:
        """The token that the collector gives."""
        example = () if words else ("--from", str(ROOT / "config/examples/try-elementary.toml"))
        done = bandgap(self.environ, "collector", "enrol", SITE, *example, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def code(self) -> str:
        """A one-time code for this site."""
        sheet = self._folder / "sites.csv"
        sheet.write_text(f"site,name\n{SITE},Try Elementary\n")
        done = bandgap(self.environ, "collector", "enrol", "--csv", str(sheet))
        assert done.returncode == 0, done.stderr
        return next(csv.DictReader(io.StringIO(done.stdout)))["code"]

    @contextmanager
    def collector(self) -> Iterator[None]:
        words = ("collector", "serve", "--port", str(PORT))
        within = ("ip", "netns", "exec", self.machine.network)
        log = self._folder / "collector.log"
        with started(self.environ, *words, log=log, within=within):
            until(lambda: "bandgap collector on" in log.read_text(), "the collector listens", 60)
            yield

    def status(self) -> dict[str, Any]:
        """`bandgap status --json` as root."""
        found: dict[str, Any] = json.loads(self.machine.run("bandgap", "status", "--json").stdout)
        return found

    def active(self) -> bool:
        return self.machine.show(AGENT, "ActiveState") == "active"

    def pid(self) -> int:
        return int(self.machine.show(AGENT, "MainPID"))

    def measures(self) -> bool:
        """Active, and this run's first sample is taken: READY=1 is said after it."""
        return self.active() and self.machine.show(AGENT, "StatusText") == "measuring eth0"

    def back(self, before: int) -> None:
        """Waits until another process than ``before`` is the agent and measures."""
        until(lambda: self.pid() not in (0, before) and self.measures(), "the agent is back", WAIT_S)

    def minutes(self) -> list[datetime]:
        """When each stored minute began, as the agent's own export says."""
        words = ("bandgap", "export", "--what", "minutes", "--format", "jsonl")
        lines = self.machine.run(*words).stdout.splitlines()
        return [datetime.fromisoformat(json.loads(line)["minute_started_at"]) for line in lines]

    def sent(self) -> bool:
        """Whether all is sent that there is to send."""
        told = self.status()
        return told["unsent"] == 0 and told["uploaded_at"] is not None

    def heard(self) -> bool:
        """Whether the collector has had an upload of this site."""
        said = bandgap(self.environ, "collector", "sites").stdout
        return SITE in said and "never" not in said

    def disk_kib(self) -> int:
        return int(self.machine.run("du", "-skx", "/usr", "/etc", "/var/lib", "--total").stdout.split()[-2])

    def journal(self) -> list[dict[str, Any]]:
        """What the agent logged since it was installed, by all its fields."""
        said = self.machine.run("journalctl", "-o", "json", "SYSLOG_IDENTIFIER=bandgap-agent").stdout
        return [json.loads(line) for line in said.splitlines()]

    def logged(self, words: str) -> bool:
        return any(words in str(entry["MESSAGE"]) for entry in self.journal())

    def drop_in(self, name: str, text: str) -> None:
        """What `systemctl edit` would write."""
        folder = self.machine.disk / "etc/systemd/system" / f"{name}.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "test.conf").write_text(text)
        self.machine.run("systemctl", "daemon-reload")

    def left(self) -> list[str]:
        """Files with our name, but for what the tests put there."""
        words = (
            "find",
            "/",
            "-xdev",
            "-iname",
            "*bandgap*",
            "-not",
            "-path",
            "/root/*",
            "-not",
            "-path",
            "/proc/*",
        )
        found = self.machine.run(*words).stdout.splitlines()
        return [name for name in found if "bandgap-fetched" not in name]


@contextmanager
def gateway(
    suite: str, folder: Path, *, pristine: bool = True, furnished_with: Sequence[str] = ()
) -> Iterator[Gateway]:
    """A gateway, not booted yet: on a pristine system, or on one that has the libraries already, and what
    else it is ``furnished_with``."""
    if pristine and not furnished_with:
        root = rootfs(suite)
    else:
        root = furnished(suite, [*needed(package("agent")), *furnished_with])
    with machine(root) as inside:
        yield Gateway(inside, folder)
