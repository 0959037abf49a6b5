"""The agent in the foreground: real signals, real counters, a real store."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import store
from agent.history import History
from reports.samples import UsageSample
from tests.commands import bandgap, environment, started, until

LOOPBACK = '[schedule]\nlong_tests = false\n[reachability]\nenabled = false\n[measure]\ninterface = "lo"\npoll_every = "0.1s"\nengines = ["http"]\n'


def rows(folder: Path) -> list[UsageSample]:
    connection = store.open_store(folder / "state")
    now = datetime.now(UTC)  # noqa: TID251
    found = History(connection).five_minute_means(now - timedelta(hours=1), now + timedelta(hours=1))
    connection.close()
    return found


def measuring(log: Path) -> None:
    until(lambda: "measuring lo" in log.read_text(), "the agent measures")


def some_traffic(count: int = 20) -> None:
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    for _ in range(count):
        receiver.sendto(b"x" * 50_000, receiver.getsockname())
        receiver.recv(65_536)
    receiver.close()


def test_sigterm_ends_it_within_two_seconds_with_the_running_minute_kept(tmp_path: Path) -> None:
    """What was counted until then is in the store; nothing is half-written."""
    environ, log = environment(tmp_path, LOOPBACK), tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        measuring(log)
        time.sleep(0.5)  # noqa: TID251  # a few polls
        some_traffic()
        time.sleep(0.5)  # noqa: TID251
        began = time.monotonic()
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
        assert time.monotonic() - began < 2.0
    kept = rows(tmp_path)
    assert sum(row.rx_bytes for row in kept) >= 1_000_000
    assert 0.8 < sum(row.interval_s for row in kept) < 30
    assert "stopped" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_sigterm_ends_a_running_test_too(tmp_path: Path) -> None:
    """A child that is in the middle of a test to a server that never answers ends with its agent."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        server = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        config = LOOPBACK + f'test_every = "1s"\nserver = "{server}"\n'
        environ, log = environment(tmp_path, config), tmp_path / "log"
        with started(environ, "run", log=log) as agent:
            measuring(log)
            deaf.settimeout(10)
            held, _ = deaf.accept()  # the test has begun
            began = time.monotonic()
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(30) == 0
            assert time.monotonic() - began < 2.0
            held.close()
    connection = store.open_store(tmp_path / "state")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_sighup_reads_the_settings_again(tmp_path: Path) -> None:
    """A good file is taken, a bad one refused with its one line, and the old settings hold."""
    environ, log = environment(tmp_path, LOOPBACK), tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        measuring(log)
        (tmp_path / "agent.toml").write_text(LOOPBACK + 'pol_every = "1s"\n')
        agent.send_signal(signal.SIGHUP)
        line = f'the old ones hold: {tmp_path}/agent.toml: [measure] pol_every: unknown key, did you mean "poll_every"?'
        until(lambda: line in log.read_text(), "the bad settings are refused")
        assert agent.poll() is None
        (tmp_path / "agent.toml").write_text(LOOPBACK + 'test_every = "9h"\n')
        agent.send_signal(signal.SIGHUP)
        until(lambda: "the settings were read again" in log.read_text(), "the good settings are taken")
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0


def test_a_second_agent_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    """With the pid of the first: two would count everything twice."""
    environ, log = environment(tmp_path, LOOPBACK), tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        measuring(log)
        second = bandgap(environ, "run")
        assert second.returncode == 78
        assert f"another agent runs here (pid {agent.pid})" in second.stderr


def test_bad_settings_end_it_before_it_begins(tmp_path: Path) -> None:
    """Exit code 78, which the unit's RestartPreventExitStatus names."""
    ended = bandgap(environment(tmp_path, "[site]\nstudents = -1\n"), "run")
    assert ended.returncode == 78
    assert ended.stderr == (
        f"bandgap: {tmp_path}/agent.toml: [site] students: found -1, expected a whole number from 0 to 10,000,000\n"
    )


def test_the_polls_of_a_running_test_are_set_aside(tmp_path: Path) -> None:
    """They would measure the test, not the school: while the lock is held, nothing is counted."""
    environ, log = environment(tmp_path, LOOPBACK), tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        measuring(log)
        with open(tmp_path / "state" / "test.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            time.sleep(0.4)  # noqa: TID251
            some_traffic(200)
            time.sleep(0.4)  # noqa: TID251
        time.sleep(0.5)  # noqa: TID251
        agent.send_signal(signal.SIGTERM)
        agent.wait(30)
    assert sum(row.rx_bytes for row in rows(tmp_path)) < 5_000_000


def test_an_interface_that_is_not_there_is_watched_for(tmp_path: Path) -> None:
    """The agent neither ends nor makes up samples."""
    environ, log = environment(tmp_path, LOOPBACK.replace('"lo"', '"nosuch0"')), tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        until(lambda: "measuring nosuch0" in log.read_text(), "the agent measures")
        time.sleep(0.6)  # noqa: TID251
        assert agent.poll() is None
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    assert sum(row.interval_s for row in rows(tmp_path)) == 0


def test_what_stays_resident_imports_little() -> None:
    """Nothing heavy is loaded by the loop's own modules: each would be held for months."""
    said = subprocess.run(
        [sys.executable, "-c", "import agent.daemon, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ).stdout.split()
    heavy = {
        "requests",
        "sqlite_utils",
        "speedtest",
        "jinja2",
        "tabulate",
        "asyncio",
        "ssl",
        "email",
        "http",
        "click",
    }
    assert heavy & set(said) == set()
