"""A real collector on loopback with sites that have a code each, and an empty gateway beside it."""

from __future__ import annotations

import csv
import io
import socket
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

import requests

from tests.commands import bandgap, environment, started, until

SITES = ("north", "south")


class District:
    """The collector's database, its codes, and the folders of a gateway."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = int(server.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.database = folder / "collector.sqlite"
        self.settings = folder / "gateway" / "agent.toml"
        self.token = folder / "gateway" / "token"
        self.environ = {**environment(folder), "BANDGAP_CONFIG": str(self.settings)}
        self.codes = self._codes()

    def _codes(self) -> dict[str, str]:
        sheet = self.folder / "sites.csv"
        sheet.write_text("site,name\n" + "".join(f"{site},{site.title()} School\n" for site in SITES))
        words = ("collector", "enrol", "--csv", str(sheet), "--database", str(self.database))
        done = bandgap(environment(self.folder), *words)
        assert done.returncode == 0, done.stderr
        return {row["site"]: row["code"] for row in csv.DictReader(io.StringIO(done.stdout))}

    def collector(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        words = ("collector", "serve", "--port", str(self.port), "--database", str(self.database))
        return started(environment(self.folder), *words, log=self.folder / "collector.log")

    def wait(self) -> None:
        until(self._healthy, "the collector is up")

    def _healthy(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def answers(self, site: str, **more: str) -> Path:
        """A file of answers for a gateway whose line is loopback."""
        file = self.folder / "site.toml"
        file.write_text(
            f'[site]\nid = "{site}"\nname = "North School"\nstudents = 420\nstaff = 38\n'
            "[contract]\ndown_mbps = 100\nup_mbps = 20\n"
            f'[measure]\ninterface = "lo"\nengines = ["http"]\nserver = "{more.get("server", self.url)}"\n'
            "[schedule]\nlong_tests = false\n[reachability]\nenabled = false\n"
            f'[upload]\ncollector = "{self.url}"\n[enrolment]\ncode = "{more.get("code", self.codes.get(site))}"\n'
        )
        return file
