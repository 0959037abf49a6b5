"""One school end to end: a sample goes from a socket to the collector's page, with nothing in between faked."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests

from reports.sentences import rate
from tests.collector.kept import kept_summaries
from tests.commands import ROOT, bandgap, environment, started, until
from tests.line import line_to

EXAMPLE = ROOT / "config" / "examples" / "try-elementary.toml"
SITE = "try-elementary"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class School:
    """A gateway and, at times, its collector, both in one folder on loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "collector.sqlite"
        self.environ = environment(folder)
        token = folder / "token"
        done = bandgap(
            self.environ,
            *("collector", "enrol", SITE, "--from", str(EXAMPLE)),
            *("--database", str(self.database), "--token-file", str(token)),
        )
        assert done.returncode == 0, done.stderr
        self.configure()

    def configure(
        self, server: str = "http://127.0.0.1:9", test_every: str = "9h", upload_every: str = "1s"
    ) -> None:
        self.environ = environment(
            self.folder,
            EXAMPLE.read_text()
            + f'[measure]\ninterface = "lo"\nengines = ["http"]\nserver = "{server}"\ntest_every = "{test_every}"\n'
            "[schedule]\nlong_tests = false\n[reachability]\nenabled = false\n"
            f'[upload]\ncollector = "{self.url}"\ntoken_file = "{self.folder}/token"\nevery = "{upload_every}"\n',
        )

    def collector(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        words = ("collector", "serve", "--port", str(self.port), "--database", str(self.database))
        return started(self.environ, *words, log=self.folder / "collector.log")

    def healthy(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).status_code == 200
        except requests.RequestException:
            return False

    def agent(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        return started(self.environ, "run", log=self.folder / "agent.log")

    def kept(self) -> list[tuple[str, str, int]]:
        """What the collector has durably: kind, label, and how many rows of it."""
        return kept_summaries(self.database)

    def waiting(self) -> int:
        return int(json.loads(bandgap(self.environ, "status", "--json").stdout)["unsent"])


@pytest.fixture
def school(tmp_path: Path) -> School:
    return School(tmp_path)


@pytest.mark.alone
def test_one_sample_from_the_socket_to_the_page(school: School) -> None:
    """A line of 300 Mbps down and 200 up is tested by the running agent; store, report and page tell its rate."""
    with school.collector():
        until(school.healthy, "the collector is up")
        with line_to(school.port, down_mbps=300, up_mbps=200) as line:
            school.configure(server=f"http://127.0.0.1:{line}", test_every="4s")
            with school.agent() as agent:
                log = school.folder / "agent.log"
                until(lambda: "INFO test: Measured" in log.read_text(), "a test was made", 120)
                agent.send_signal(signal.SIGTERM)
                assert agent.wait(30) == 0
        assert bandgap(school.environ, "upload").returncode == 0

        report = json.loads(bandgap(school.environ, "report", "--format", "json").stdout)
        measured = [test for test in report["tests"] if test["outcome"] == "ok"]
        assert measured[0]["flags"] == []
        assert measured[0]["down_mbps"] == pytest.approx(300, rel=0.05)
        assert measured[0]["up_mbps"] == pytest.approx(200, rel=0.05)

        typical = report["summary"]["capacity"]["typical"]
        assert typical["down_mbps"] == pytest.approx(300, rel=0.05)
        seen = requests.get(f"{school.url}/v1/sites/{SITE}", timeout=30).text
        assert json.dumps(typical["down_mbps"]) in seen, "the collector has the very figure"
        for path in ("/sites", f"/sites/{SITE}"):
            page = requests.get(school.url + path, timeout=30).text
            words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\N{NO-BREAK SPACE}", " ")
            assert "Try Elementary" in words
            assert rate(typical["down_mbps"]).split()[0] in words
            assert "not enough evidence" in words.lower()


def test_a_collector_that_is_down_at_first_gets_everything_once(school: School) -> None:
    """The agent keeps what it couldn't send; when the collector comes up, all arrives, each once."""
    checked = bandgap(school.environ, "check")  # no measurement, but something to summarise
    assert checked.stdout.startswith("No measurement"), checked.stderr
    with school.agent() as agent:
        until(
            lambda: "can't be reached" in (school.folder / "agent.log").read_text(),
            "an upload has failed",
        )
        assert bandgap(school.environ, "upload").returncode == 1
        assert school.kept() == []
        assert agent.poll() is None
        waited = school.waiting()
        assert waited >= 1
        with school.collector():
            until(school.healthy, "the collector is up")
            until(lambda: school.waiting() == 0, "the agent has sent all by itself", 120)
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(30) == 0
            assert bandgap(school.environ, "upload").returncode == 0
            kept = school.kept()
    assert {kind for kind, _, _ in kept} >= {"week"}
    assert all(count == 1 for _, _, count in kept)


def test_a_lost_receipt_counts_nothing_twice(school: School) -> None:
    """The collector has it, the agent doesn't know and sends it again: one row, and both are content."""
    with school.collector():
        until(school.healthy, "the collector is up")
        bandgap(school.environ, "check")
        assert bandgap(school.environ, "upload").returncode == 0
        before = school.kept()
        store = sqlite3.connect(school.folder / "state" / "bandgap.sqlite")
        store.execute("INSERT INTO outbox (sequence) SELECT sequence FROM summaries")
        store.commit()
        store.close()
        assert school.waiting() == 1
        assert bandgap(school.environ, "upload").returncode == 0
        assert school.waiting() == 0
        assert school.kept() == before


@pytest.mark.alone
def test_a_collector_that_tests_its_own_sites_only_knows_this_one(school: School) -> None:
    """The agent shows its token and gets a pass; without the token it is told that it isn't enrolled."""
    (school.folder / "collector.toml").write_text('[measure]\naccess = "enrolled"\n')
    words = ("--port", str(school.port), "--database", str(school.database))
    config = str(school.folder / "collector.toml")
    serve = ("collector", "serve", "--config", config, *words)
    school.configure(server=school.url)
    config_text = (
        (school.folder / "agent.toml").read_text().replace("[measure]", "[measure]\nmax_test_mb = 200")
    )
    (school.folder / "agent.toml").write_text(config_text)
    with started(school.environ, *serve, log=school.folder / "collector.log"):
        until(school.healthy, "the collector is up")
        known = json.loads(bandgap(school.environ, "check", "--json").stdout)
        assert known["down_bytes"] > 1e8, "it was let in; on loopback the budget is too little for a figure"
        (school.folder / "token").unlink()
        unknown = json.loads(bandgap(school.environ, "check", "--json").stdout)
        assert (unknown["outcome"], unknown["reason"]) == ("no_measurement", "not_enrolled")
