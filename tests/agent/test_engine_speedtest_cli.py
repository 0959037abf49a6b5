"""The speedtest-cli engine: what it believes of the library, and what it doesn't."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

import pytest

from agent.engines import speedtest_cli
from agent.engines.plan import NoMeasurement, Plan, Reading, Tally
from agent.engines.speedtest_cli import environment, judge, measure
from tests.agent.speed_server import speed_server

DONE: dict[str, Any] = {
    "url": "http://speed.example:8080/speedtest/upload.php",
    "ping_ms": 21.5,
    "down_bytes": 125_000_000,
    "down_s": 10.0,
    "down_limit_s": 10,
    "down_full_bytes": 409_373_932,
    "post_status": 200,
    "up_bytes": 62_500_000,
    "up_s": 10.0,
    "up_limit_s": 10,
    "up_full_bytes": 151_519_232,
}


def ask(url: str) -> tuple[Reading, Tally]:
    tally = Tally()
    return measure(Plan(url), tally, lambda phase, mbps: None), tally


def why_not(url: str) -> NoMeasurement:
    with pytest.raises(NoMeasurement) as caught:
        ask(url)
    return caught.value


def test_octets_over_seconds() -> None:
    reading = judge(DONE)
    assert (reading.down_mbps, reading.up_mbps) == (100.0, 50.0)
    assert reading.latency_idle_ms == 21.5
    assert reading.server == "speed.example:8080"
    assert reading.flags == ()


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"ping_ms": 1_800_000.0}, "not_a_server"),
        ({"ping_ms": float("nan")}, "not_a_server"),
    ],
)
def test_pings_that_failed_mean_that_it_is_no_server(found: dict[str, Any], reason: str) -> None:
    with pytest.raises(NoMeasurement) as caught:
        judge(DONE | found)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "found",
    [
        {"down_bytes": 0},
        {"down_bytes": 4_000, "down_s": 0.2},
        {"down_bytes": 4_000, "down_s": 1.6},
        {"down_bytes": 113_000_000, "down_s": 4.0},
    ],
)
def test_a_download_that_ended_before_its_time_is_none(found: dict[str, Any]) -> None:
    reading = judge(DONE | found)
    assert reading.down_mbps is None
    assert reading.flags == ("incomplete",)
    assert "download" in (reading.detail or "")


def test_a_fast_line_that_took_all_there_is_may_be_quick() -> None:
    reading = judge(DONE | {"down_bytes": 409_373_932, "down_s": 0.6})
    assert reading.down_mbps == pytest.approx(5458, rel=0.01)


def test_an_upload_to_a_server_that_refused_is_none() -> None:
    done = {key: value for key, value in DONE.items() if not key.startswith("up_")}
    reading = judge(done | {"post_status": 404})
    assert reading.up_mbps is None
    assert "404" in (reading.detail or "")


def test_a_direction_that_stalled_is_none() -> None:
    assert judge(DONE, frozenset({"download"})).down_mbps is None


def test_with_neither_direction_there_is_no_measurement() -> None:
    with pytest.raises(NoMeasurement) as caught:
        judge(DONE | {"down_bytes": 0, "up_bytes": 0})
    assert caught.value.reason == "not_a_server"


def test_the_child_has_no_proxies_and_no_python_settings() -> None:
    outer = {
        "PATH": "/bin",
        "http_proxy": "http://proxy",
        "HTTPS_PROXY": "x",
        "PYTHONPATH": "/tmp",
        "HOME": "/root",
    }
    assert environment(None, outer) == {"PATH": "/bin", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
    assert environment("/ca.pem", outer)["SSL_CERT_FILE"] == "/ca.pem"


def test_a_server_of_our_own_is_measured_without_a_word_to_ookla(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only server that this can reach is the one on loopback: www.speedtest.net has no name here."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with speed_server() as url:
        reading, tally = ask(url)
    assert reading.server == url.removeprefix("http://")
    assert reading.latency_idle_ms is not None
    assert tally.down_bytes >= 0
    assert reading.down_mbps is None or reading.down_mbps > 0


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("not found", "not_a_server"),
        ("error", "server_error"),
        ("portal", "not_a_server"),
        ("no pings", "not_a_server"),
    ],
)
def test_what_is_no_measurement_server_is_named(fault: str, reason: str) -> None:
    with speed_server(fault) as url:
        assert why_not(url).reason == reason


def test_a_refused_upload_is_found_out_by_one_post() -> None:
    with speed_server("refuses posts", "closes half-way") as url:
        refusal = why_not(url)
    assert refusal.reason == "implausible"


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert why_not(f"http://127.0.0.1:{port}").reason == "refused"


def test_a_child_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speedtest_cli, "TIMEOUT_S", 0.6)
    began = time.monotonic()
    with speed_server("silent") as url:
        assert why_not(url).reason == "timeout"
    assert time.monotonic() - began < 8


def test_a_library_that_is_not_there_is_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child of its own, told to import a library that no machine has."""
    child = tmp_path / "child.py"
    child.write_text(
        speedtest_cli.CHILD.read_text().replace("import speedtest\n", "import speedtest_not_here\n")
    )
    monkeypatch.setattr(speedtest_cli, "CHILD", child)
    assert why_not("http://127.0.0.1:9").reason == "engine_missing"


def test_a_child_that_dies_is_no_measurement(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child.py"
    child.write_text("import os\nos.abort()\n")
    monkeypatch.setattr(speedtest_cli, "CHILD", child)
    assert why_not("http://127.0.0.1:9").reason == "engine_failed"


def test_our_own_output_stays_open() -> None:
    with speed_server("not found") as url:
        why_not(url)
    os.fstat(1)
    os.fstat(2)
