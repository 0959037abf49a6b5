"""The iperf3 engine against Debian's iperf3 on loopback, free, busy and absent, and against what is none."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.engines import iperf3, iperf3_report
from agent.engines.iperf3 import measure
from agent.engines.plan import NoMeasurement, Phase, Plan, Reading, Tally
from tests.agent.programs import FIXTURES, program
from tests.line import line_to

NEEDS_IPERF3 = pytest.mark.skipif(
    shutil.which("iperf3") is None, reason="iperf3 isn't installed (tests/system_packages.sh)"
)


ANSWERS_NOTHING = b""


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iperf3, "PAUSE_S", (0.2, 0.4))


def report(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"iperf3_{name}.json").read_text())
    return found


def ask(server: str, *, seconds: float = 2.0, octets: int = 1_000_000_000, wait_s: float = 0.0) -> Reading:
    return measure(Plan(server, None, seconds, octets), Tally(), lambda phase, mbps: None, wait_s=wait_s)


def why_not(server: str, **kwargs: float) -> NoMeasurement:
    with pytest.raises(NoMeasurement) as caught:
        ask(server, **kwargs)  # type: ignore[arg-type]
    return caught.value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@contextlib.contextmanager
def iperf3_server() -> Iterator[int]:
    port = free_port()
    with subprocess.Popen(
        ["iperf3", "-s", "-p", str(port), "--forceflush"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            while "listening" not in server.stdout.readline():
                assert server.poll() is None
            threading.Thread(target=server.stdout.read, daemon=True).start()
            yield port
        finally:
            server.kill()


@contextlib.contextmanager
def other_client(port: int, seconds: int) -> Iterator[None]:
    """Somebody else's test, which is under way when the block begins."""
    command = ["iperf3", "-c", "127.0.0.1", "-p", str(port), "-t", str(seconds), "-b", "1M", "--forceflush"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        try:
            assert client.stdout is not None
            while "connected to" not in (line := client.stdout.readline()):
                assert line
            threading.Thread(target=client.stdout.read, daemon=True).start()
            yield
        finally:
            client.kill()


@contextlib.contextmanager
def false_server(answer: bytes) -> Iterator[str]:
    """Takes connections, says something and then nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                held.append(listener.accept()[0])
                held[-1].sendall(answer)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for each in held:
            each.close()


@NEEDS_IPERF3
def test_a_line_is_measured_both_ways_by_what_the_receiver_counted() -> None:
    seen: list[tuple[Phase, float | None]] = []
    tally = Tally()
    with iperf3_server() as port, line_to(port, down_mbps=60, up_mbps=30) as line:
        reading = measure(
            Plan(f"127.0.0.1:{line}", max_seconds=2.0), tally, lambda phase, mbps: seen.append((phase, mbps))
        )
    assert reading.server == f"127.0.0.1:{line}"
    assert reading.down_mbps == pytest.approx(60, rel=0.15)
    assert reading.up_mbps == pytest.approx(30, rel=0.25)
    assert reading.latency_idle_ms is not None
    assert 0 < reading.latency_idle_ms < 500
    assert reading.latency_loaded_ms is not None
    assert "incomplete" not in reading.flags
    assert [phase for phase, _ in seen] == ["connect", "download", "upload"]
    # The second that isn't counted has its cost all the same.
    assert tally.down_bytes > 60e6 / 8 * 1.4
    assert tally.up_bytes > 30e6 / 8 * 1.4


@NEEDS_IPERF3
def test_a_busy_server_is_told_as_busy_when_there_is_no_time_to_wait() -> None:
    with iperf3_server() as port, other_client(port, 20):
        assert why_not(f"127.0.0.1:{port}").reason == "server_busy"


@NEEDS_IPERF3
def test_a_busy_server_is_queued_for_and_the_data_budget_is_a_ceiling_on_the_rate() -> None:
    tally = Tally()
    with iperf3_server() as port, other_client(port, 1):
        plan = Plan(f"127.0.0.1:{port}", max_seconds=2.0, max_bytes=25_000_000)
        reading = measure(plan, tally, lambda phase, mbps: None, wait_s=60.0)
    assert reading.down_mbps is not None
    assert reading.up_mbps is not None
    assert "truncated" in reading.flags
    assert 0 < tally.down_bytes < 30_000_000
    assert 0 < tally.up_bytes < 30_000_000


def test_nothing_listens() -> None:
    assert why_not(f"127.0.0.1:{free_port()}").reason == "refused"


def test_a_name_that_nobody_has() -> None:
    """iperf3 itself says "Invalid argument" to that."""
    assert why_not("iperf3.invalid").reason == "dns"


def test_no_server_and_no_address_are_told_apart() -> None:
    with pytest.raises(NoMeasurement) as caught:
        measure(Plan(None), Tally(), lambda phase, mbps: None)
    assert caught.value.reason == "no_iperf3_server"
    assert why_not("http://127.0.0.1:5201").reason == "not_a_server"


@NEEDS_IPERF3
@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(64)])
def test_a_server_of_another_kind(answer: bytes) -> None:
    with false_server(answer) as server:
        assert why_not(server).reason == "not_a_server"


@NEEDS_IPERF3
def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iperf3, "SLACK_S", -5.5)
    began = time.monotonic()
    with false_server(ANSWERS_NOTHING) as server:
        assert why_not(server).reason == "timeout"
    assert time.monotonic() - began < 20


def test_a_program_that_isnt_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with false_server(ANSWERS_NOTHING) as server:
        assert why_not(server).reason == "engine_missing"


@pytest.mark.parametrize(
    "body", ["print('Segmentation fault')", "print('[]')", "pass", """print('{"end": {}, "intervals": 4}')"""]
)
def test_a_report_that_is_none(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path, "iperf3", body)))
    with false_server(ANSWERS_NOTHING) as server:
        assert why_not(server).reason == "engine_failed"


def test_one_way_alone_is_a_measurement_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        f"print(open({str(FIXTURES / 'iperf3_down.json')!r}).read() if '-R' in asked\n"
        """  else '{"error": "control socket has closed unexpectedly", "intervals": []}')"""
    )
    monkeypatch.setenv("PATH", str(program(tmp_path, "iperf3", body)))
    with false_server(ANSWERS_NOTHING) as server:
        reading = ask(server, octets=10**10)
    assert reading.down_mbps == pytest.approx(2000, rel=0.01)
    assert reading.up_mbps is None
    assert reading.latency_loaded_ms is None
    assert reading.flags == ("incomplete",)
    assert "upload: iperf3: control socket" in (reading.detail or "")


def test_no_proxy_and_no_secret_reaches_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "PATH",
        str(program(tmp_path, "iperf3", "print(dict(os.environ), file=open(sys.argv[0] + '.seen', 'w'))")),
    )
    monkeypatch.setenv("https_proxy", "http://proxy")
    monkeypatch.setenv("IPERF3_PASSWORD", "secret")
    with false_server(ANSWERS_NOTHING) as server:
        why_not(server)
    seen = (tmp_path / "iperf3.seen").read_text()
    assert "http://proxy" not in seen
    assert "IPERF3_PASSWORD" not in seen


def test_an_upload_has_round_trips_and_a_download_none() -> None:
    """iperf3 writes 0 for the round trips of the end that doesn't send; 0 is never "none" here."""
    assert iperf3_report.judge(report("down")).rtt_ms is None
    assert iperf3_report.judge(report("up")).rtt_ms == pytest.approx(0.085, abs=0.05)


def test_the_omitted_second_is_spent_and_not_counted() -> None:
    found = report("up")
    assert iperf3_report.spent_bytes(found) == 750_256_128
    assert iperf3_report.judge(found).mbps == pytest.approx(1996.2, abs=0.1)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("the server is busy running a test. try again later", "server_busy"),
        ("unable to connect to server: Connection refused", "refused"),
        ("unable to connect to server: Network is unreachable", "unreachable"),
        ("unable to connect to server: No route to host", "unreachable"),
        ("unable to connect to server: Connection timed out", "timeout"),
        ("received an unknown control message", "not_a_server"),
        ("unable to receive control message: Connection reset by peer", "not_a_server"),
        ("test authorization failed", "not_a_server"),
        ("interrupt - the client has terminated", "timeout"),
        ("control socket has closed unexpectedly", "engine_failed"),
    ],
)
def test_iperf3s_words_become_reasons(words: str, reason: str) -> None:
    with pytest.raises(NoMeasurement) as caught:
        iperf3_report.judge({"error": words})
    assert caught.value.reason == reason


def test_a_processor_at_its_end_is_a_doubt() -> None:
    found = report("up")
    found["end"]["cpu_utilization_percent"] |= {"host_total": 97.0, "remote_total": 99.0}
    doubts = iperf3._doubts(
        {"up": iperf3_report.judge(found), "down": iperf3_report.judge(report("down"))}, 1e6
    )
    assert doubts == ["cpu_bound", "server_bound"]


def with_seconds(rates: list[float], *, omitted: int = 1) -> dict[str, Any]:
    """A report whose seconds had these rates, the first of them omitted."""
    found = report("down")
    found["intervals"] = [
        {"sum": {"seconds": 1.0, "bytes": 1, "bits_per_second": mbps * 1e6, "omitted": n < omitted}}
        for n, mbps in enumerate(rates)
    ]
    return found


@pytest.mark.parametrize(
    ("seconds", "sustained", "burst"),
    [
        ([150, 190, 192, 188, 100, 48, 47, 49], 48, 190),
        ([150, 190, 48, 48], 48, 190),
        ([150, 190, 190, 190, 190, 52, 48, 50], 50, 190),
    ],
    ids=["within a second", "between two", "after four"],
)
def test_a_burst_is_told_from_what_is_left(seconds: list[float], sustained: float, burst: float) -> None:
    judged = iperf3_report.judge(with_seconds(seconds))
    assert judged.mbps == pytest.approx(sustained, rel=0.03)
    assert judged.burst_mbps == pytest.approx(burst, rel=0.01)


@pytest.mark.parametrize(
    "seconds",
    [[90, 100, 70, 100, 75, 100, 70], [150, 190, 190, 100, 48], [50, 50, 100, 190, 190], [150], []],
    ids=["saw teeth", "one second alone", "a rise", "the ramp alone", "no seconds"],
)
def test_what_is_no_burst_leaves_the_receivers_own_figure(seconds: list[float]) -> None:
    judged = iperf3_report.judge(with_seconds(seconds))
    assert judged.burst_mbps is None
    assert judged.mbps == pytest.approx(report("down")["end"]["sum_received"]["bits_per_second"] / 1e6)


def test_segments_sent_again_are_a_share_of_all() -> None:
    found = report("up")
    found["start"]["tcp_mss_default"] = 1448
    found["end"]["sum_sent"] |= {"bytes": 1448 * 1000, "retransmits": 5}
    assert iperf3_report.judge(found).retransmitted_share == pytest.approx(0.005)
    del found["end"]["sum_sent"]["retransmits"]
    assert iperf3_report.judge(found).retransmitted_share is None


def test_a_load_that_is_to_be_held_is_held() -> None:
    assert iperf3._counted_s(Plan("a", max_seconds=20.0, least_s=15.0)) == 14
    assert iperf3._counted_s(Plan("a")) == iperf3.COUNTED_S
