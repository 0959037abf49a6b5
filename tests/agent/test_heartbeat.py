"""The heartbeat file says how the agent fares, to whoever asks: a person, or the next upload."""

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import heartbeat
from agent.heartbeat import Heartbeat
from tests.commands import bandgap, environment, started, until

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CONFIG = (
    '[reachability]\nenabled = false\n[measure]\ninterface = "{}"\npoll_every = "0.1s"\nengines = ["http"]\n'
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    beat = Heartbeat(tmp_path, 100.0)
    beat.beat(160.0, NOW, sampled=True, because=None, undated_minutes=3)
    read = heartbeat.read(tmp_path)
    assert read is not None
    assert read.state == beat.state
    assert (read.state.uptime_s, read.state.sampled_at, read.state.undated_minutes) == (60.0, NOW, 3)


def test_it_is_written_now_and_then_and_when_the_reason_changes(tmp_path: Path) -> None:
    """SD cards wear out."""
    beat, file = Heartbeat(tmp_path, 0.0), tmp_path / heartbeat.FILE
    written: list[bool] = []
    for second, because in (
        (0, None),
        (1, None),
        (30, "no_interface"),
        (31, "no_interface"),
        (61, None),
        (62, None),
        (660, None),
        (661, None),
    ):
        file.unlink(missing_ok=True)
        beat.beat(float(second), NOW + timedelta(seconds=second), sampled=True, because=because)
        written.append(file.exists())
    assert written == [True, False, True, False, True, False, False, True]


def test_quiet_is_since_it_began(tmp_path: Path) -> None:
    """And over with its reason; the last sample is the one before."""
    beat = Heartbeat(tmp_path, 0.0)
    beat.beat(0.0, NOW, sampled=True, because=None)
    for second in range(1, 100):
        beat.beat(float(second), NOW + timedelta(seconds=second), sampled=False, because="no_interface")
    assert beat.state.quiet_since == NOW + timedelta(seconds=1)
    assert beat.state.sampled_at == NOW
    assert beat.state.reason == "there is no WAN interface to read"
    beat.beat(100.0, NOW + timedelta(seconds=100), sampled=True, because=None)
    assert beat.state.reason is None


def test_without_a_clock_there_are_no_times(tmp_path: Path) -> None:
    """How long it runs is known all the same."""
    Heartbeat(tmp_path, 0.0).beat(90.0, None, sampled=True, because="clock_not_set")
    read = heartbeat.read(tmp_path)
    assert read is not None
    assert (read.state.at, read.state.quiet_since, read.state.uptime_s) == (None, None, 90)


def test_a_folder_that_cannot_be_written_is_no_end(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "nowhere", 0.0).beat(0.0, NOW, sampled=True, because=None)


def test_what_is_no_heartbeat_is_none(tmp_path: Path) -> None:
    assert heartbeat.read(tmp_path) is None
    for text in ("", "rubbish", "version=1\nat=yesterday\n", "version=1\nuptime_s=long\n"):
        (tmp_path / heartbeat.FILE).write_text(text)
        assert heartbeat.read(tmp_path) is None
    (tmp_path / heartbeat.FILE).write_text("version=9\nof_tomorrow=yes\nquiet_because=it_rains\n")
    read = heartbeat.read(tmp_path)
    assert read is not None
    assert read.state.reason == "it_rains"


def test_status_tells_why_a_running_agent_is_quiet(tmp_path: Path) -> None:
    """An interface that isn't there is the reason; the last word of a stopped agent is that it was stopped."""
    environ = environment(tmp_path, CONFIG.format("nosuch0"))
    with started(environ, "run", log=tmp_path / "log") as agent:
        until(lambda: (tmp_path / "state" / heartbeat.FILE).exists(), "a heartbeat")
        said = bandgap(environ, "status").stdout
        assert "because there is no WAN interface to read" in said
        assert "running for" in said
        facts = json.loads(bandgap(environ, "status", "--json").stdout)
        assert facts["agent"]["quiet_because"] == "no_interface"
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    last = heartbeat.read(tmp_path / "state")
    assert last is not None
    assert last.state.quiet_because == "stopped"


def test_an_upload_takes_the_state_along(tmp_path: Path) -> None:
    """What leaves can be read before it does; nothing in it is anybody's address."""
    environ = environment(tmp_path, CONFIG.format("lo"))
    with started(environ, "run", log=tmp_path / "log"):
        until(lambda: (tmp_path / "state" / heartbeat.FILE).exists(), "a heartbeat")
        said = bandgap(environ, "upload", "--show").stdout
    body = json.loads(said.split("\n\n", 1)[1])
    assert set(body["agent_state"]) == {
        "at", "uptime_s", "sampled_at", "quiet_since", "quiet_because", "undated_minutes",
        "upload_every_s", "budget_bytes", "absent_since", "absent_until", "absent_because", "policy",
    }  # fmt: skip
    assert body["agent_state"]["quiet_because"] is None
