"""One school, end to end, on this machine: ``make try``.

Starts a collector, enrols a made-up school, runs its agent for half a minute with real counters and
real throughput tests, and shows where the results are. Between agent and collector lies a line of known
rate, a little less than the school's contract. Nothing leaves the machine. Exit code 0 when
the summary has arrived at the collector and stands on its page, else 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from agent import wan

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "config" / "examples" / "try-elementary.toml"
SITE = "try-elementary"
BANDGAP = (sys.executable, "-P", "-c", "import sys; from agent.cli import main; sys.exit(main())")

LINE_DOWN, LINE_UP = 430, 470
"""Mbit/s of the line between agent and collector, each way."""

AGENT = """
[schedule]
long_tests = false

[measure]
interface = "{interface}"
poll_every = "1s"
test_every = "4s"
engines = ["http"]
server = "http://127.0.0.1:{line}"

[reachability]
enabled = false

[upload]
collector = "{url}"
token_file = "{folder}/token"
every = "8s"
"""


class Stopped(Exception):
    """Something is missing; the text says what, and what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make try", description=__doc__)
    parser.add_argument("--port", type=int, default=8642, help="the collector's port on loopback")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the agent runs")
    parser.add_argument("--folder", type=Path, default=ROOT / ".try", help="where everything is kept")
    parser.add_argument("--keep", action="store_true", help="leave the collector and the agent running")
    args = parser.parse_args()
    try:
        walk(args.folder.resolve(), args.port, args.seconds, keep=args.keep)
    except Stopped as reason:
        print(f"make try: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("make try: interrupted, all is stopped", file=sys.stderr)
        return 1
    return 0


def walk(folder: Path, port: int, seconds: float, *, keep: bool = False) -> None:
    """The whole way, told line by line."""
    _need_free(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    url = f"http://127.0.0.1:{port}"
    interface = wan.default_interface() or "lo"
    environ = {
        **os.environ,
        "BANDGAP_CONFIG": str(folder / "agent.toml"),
        "BANDGAP_STATE_DIR": str(folder / "state"),
    }
    database = folder / "collector.sqlite"
    started: list[subprocess.Popen[bytes]] = []

    def start(log: str, words: Sequence[str]) -> subprocess.Popen[bytes]:
        with (folder / log).open("wb") as out:
            started.append(
                subprocess.Popen(words, env=environ, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
            )
        return started[-1]

    try:
        database = folder / "collector.sqlite"
        serve = ("collector", "serve", "--port", str(port), "--database", str(database))
        collector = start("collector.log", (*BANDGAP, *serve))
        _until_healthy(url, collector, folder / "collector.log")
        _say("collector", f"listening on {url}, database {_short(database)}")
        _bandgap(
            environ,
            *("collector", "enrol", SITE, "--from", str(EXAMPLE)),
            *("--database", str(database), "--token-file", str(folder / "token")),
        )
        _say("school", "Try Elementary enrolled: 420 students, 38 staff, a contract of 500 Mbps")
        line = _line(start, port, folder / "line.log")
        _say("line", f"{LINE_DOWN} Mbps down, {LINE_UP} Mbps up: port {line}, which leads to the collector")
        settings = AGENT.format(interface=interface, url=url, line=line, folder=folder)
        (folder / "agent.toml").write_text(EXAMPLE.read_text() + settings)
        agent = start("agent.log", (*BANDGAP, "run"))
        _watch(agent, environ, interface, seconds)
        if not keep:
            _end([agent])
        report = _report(folder, environ)
        _arrived(url)
        _finish(report, url, folder, started if keep else None)
    except BaseException:
        keep = False
        raise
    finally:
        if not keep:
            _end(started)


def _line(start: Callable[[str, Sequence[str]], object], port: int, log: Path) -> int:
    """Lays the line in a process of its own; returns its port."""
    start(log.name, (sys.executable, "-m", "tests.line", str(port), str(LINE_DOWN), str(LINE_UP)))
    for _ in range(50):
        if text := log.read_text().strip():
            return int(text)
        time.sleep(0.1)  # noqa: TID251
    raise Stopped(f"the line did not come up; see {log}")


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """SIGTERM for all, last started first, and SIGKILL for whoever stays."""
    for process in reversed(processes):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _watch(
    agent: subprocess.Popen[bytes], environ: Mapping[str, str], interface: str, seconds: float
) -> None:
    """Waits while the agent works, and tells each test as it is made."""
    lively = sys.stdout.isatty()
    _say("agent", f"reading {interface}'s counters each second, testing the line against the collector")
    told, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if agent.poll() is not None:
            raise Stopped(f"the agent ended by itself; see {environ['BANDGAP_STATE_DIR']}/../agent.log")
        tests = _tests(environ)
        for test in tests[told:]:
            _wipe(lively)
            _say("test", _test_words(test))
        told = len(tests)
        if lively:
            print(f"\r{'':11}{left:3.0f} s to go, {told} tests so far ", end="", flush=True)
        time.sleep(min(0.5, max(left, 0.0)))  # noqa: TID251
    _wipe(lively)
    if told == 0:
        raise Stopped("no test was made in that time; see the agent's log in .try/agent.log")


def _tests(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    said = _bandgap(environ, "report", "--format", "json")
    tests: list[dict[str, Any]] = json.loads(said)["tests"]
    return tests


def _test_words(test: Mapping[str, Any]) -> str:
    if test["outcome"] != "ok":
        return f"no measurement: {test['reason']} {test['detail'] or ''}"
    doubt = f", not trusted: {', '.join(test['flags'])}" if test["flags"] else ""
    return f"{test['down_mbps']:,.0f} Mbps down, {test['up_mbps'] or 0:,.0f} Mbps up{doubt}"


def _report(folder: Path, environ: Mapping[str, str]) -> Path:
    """Sends what is left, writes the weekly report, and reads its verdict aloud."""
    _bandgap(environ, "upload")
    path = folder / "weekly-report.html"
    _bandgap(environ, "report", "--output", str(path))
    print()
    text = _bandgap(environ, "report")
    print(text.partition("\nMETHOD")[0].rstrip())
    print()
    return path


def _arrived(url: str) -> None:
    page = requests.get(f"{url}/sites/{SITE}", timeout=30)
    front = requests.get(f"{url}/sites", timeout=30)
    if page.status_code != 200 or "Try Elementary" not in page.text or "Try Elementary" not in front.text:
        raise Stopped(f"the school isn't on the collector's page {url}/sites/{SITE}")


def _finish(report: Path, url: str, folder: Path, running: Sequence[subprocess.Popen[bytes]] | None) -> None:
    _say("report", str(report))
    if running is None:
        _say("collector", f"its page was {url}/sites/{SITE} (make try KEEP=1 leaves it running)")
        _say("data", f"{folder} (make clean takes it away)")
    else:
        _say("collector", f"{url}/sites/{SITE}")
        _say("running", f"stop all with: kill {' '.join(str(process.pid) for process in running)}")


def _until_healthy(url: str, collector: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        if collector.poll() is not None:
            raise Stopped(f"the collector did not start: {log.read_text().strip().splitlines()[-1]}")
        try:
            if requests.get(f"{url}/healthz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)  # noqa: TID251
    raise Stopped(f"the collector did not answer within 10 s; see {log}")


def _bandgap(environ: Mapping[str, str], *words: str) -> str:
    done = subprocess.run([*BANDGAP, *words], env=dict(environ), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stopped(f"`bandgap {' '.join(words[:2])}` failed: {done.stderr.strip()}")
    return done.stdout


def _need_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            raise Stopped(
                f"port {port} can't be used ({fault.strerror}); name another: make try PORT={port + 58}"
            ) from None


def _say(name: str, words: str) -> None:
    print(f"{name:<10} {words}", flush=True)


def _wipe(lively: bool) -> None:
    if lively:
        print("\r\x1b[K", end="", flush=True)


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(main())
