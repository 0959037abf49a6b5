"""The http engine against real servers on loopback, right ones and wrong ones."""

from __future__ import annotations

import socket

import pytest

from agent.engines import method
from agent.engines.http import measure
from agent.engines.plan import NoMeasurement, Phase, Plan, Reading, Tally
from tests.agent.speed_server import CERTIFICATE, speed_server

DATA_BUDGET = 60_000_000


def ask(url: str, *, seconds: float = 4.0, octets: int = DATA_BUDGET, ca_file: str | None = None) -> Reading:
    return measure(Plan(url, None, seconds, octets, ca_file), Tally(), lambda phase, mbps: None)


def why_not(url: str, **kwargs: float) -> NoMeasurement:
    with pytest.raises(NoMeasurement) as caught:
        ask(url, **kwargs)  # type: ignore[arg-type]
    return caught.value


def test_a_shaped_line_is_measured_within_a_few_percent_and_both_ways_are_tallied() -> None:
    seen: list[tuple[Phase, float | None]] = []
    tally = Tally()
    with speed_server(mbps=40) as url:
        reading = measure(
            Plan(url, max_bytes=30_000_000), tally, lambda phase, mbps: seen.append((phase, mbps))
        )
    assert reading.server == url
    assert reading.down_mbps == pytest.approx(40, rel=0.05)
    assert reading.up_mbps == pytest.approx(40, rel=0.05)
    assert 5_000_000 < tally.down_bytes < 31_000_000
    assert 5_000_000 < tally.up_bytes <= 31_000_000
    assert reading.latency_idle_ms is not None
    assert 0 < reading.latency_idle_ms < 500
    assert reading.latency_loaded_ms is not None
    assert [phase for phase, _ in seen][:2] == ["connect", "latency"]
    assert any(phase == "download" and mbps for phase, mbps in seen)


def test_a_download_of_no_declared_length_is_measured_the_same() -> None:
    with speed_server("chunked", "refuses posts", mbps=40) as url:
        assert ask(url).down_mbps == pytest.approx(40, rel=0.05)


def test_a_server_that_closes_after_each_answer_is_measured_all_the_same() -> None:
    with speed_server("one answer", "refuses posts", mbps=40) as url:
        assert ask(url).down_mbps == pytest.approx(40, rel=0.05)


def test_the_data_budget_ends_a_test_and_says_so() -> None:
    with speed_server(mbps=40) as url:
        reading = ask(url, octets=6_500_000)
    assert "truncated" in reading.flags


def test_a_budget_too_small_for_any_figure_leaves_none() -> None:
    with speed_server(mbps=80) as url:
        refusal = why_not(url, octets=1_000_000)
    assert refusal.reason == "too_little"


def test_time_that_runs_out_before_the_rate_is_proven_is_said() -> None:
    with speed_server("refuses posts", mbps=20) as url:
        reading = ask(url, seconds=1.5, octets=10_000_000)
    assert "not_steady" in reading.flags


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        ("not found", "not_a_server", "garbage.php"),
        ("portal", "captive_portal", "to log in"),
        ("login page", "captive_portal", "to log in"),
        ("portal redirect", "captive_portal", "login.example"),
        ("authenticate", "captive_portal", "511"),
        ("web site", "not_a_server", "web page"),
        ("plain portal", "not_a_server", "garbage.php"),
        ("error", "server_error", "500"),
        ("busy", "server_busy", "503"),
        ("garbage", "not_a_server", "HTTP"),
        ("hangs up", "engine_failed", "closed"),
    ],
)
def test_what_is_no_measurement_server_is_named(fault: str, reason: str, words: str) -> None:
    with speed_server(fault) as url:
        refusal = why_not(url)
    assert refusal.reason == reason
    assert words in (refusal.detail or "")


def test_a_server_that_never_answers_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "CONNECT_TIMEOUT_S", 0.5)
    with speed_server("silent") as url:
        assert why_not(url).reason == "timeout"


def test_a_transfer_that_stalls_is_no_rate() -> None:
    with speed_server("stalls", "refuses posts", mbps=40) as url:
        refusal = why_not(url)
    assert refusal.reason == "timeout"
    assert "stalled after" in (refusal.detail or "")


def test_a_server_that_closes_half_way_again_and_again_is_never_a_trusted_figure() -> None:
    with speed_server("closes half-way", mbps=400) as url:
        reading = ask(url)
    assert reading.down_mbps is None or reading.flags


@pytest.mark.parametrize("fault", ["refuses posts", "takes small posts"])
def test_a_server_that_takes_no_uploads_gives_half_a_reading(fault: str) -> None:
    with speed_server(fault, mbps=40) as url:
        reading = ask(url)
    assert reading.down_mbps == pytest.approx(40, rel=0.05)
    assert reading.up_mbps is None
    assert "incomplete" in reading.flags
    assert "upload" in (reading.detail or "")


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert why_not(f"http://127.0.0.1:{port}").reason == "refused"


def test_no_such_name() -> None:
    assert why_not("http://no-such-host.invalid").reason == "dns"


def test_no_server_is_configured() -> None:
    with pytest.raises(NoMeasurement) as caught:
        measure(Plan(None), Tally(), lambda phase, mbps: None)
    assert caught.value.reason == "no_server"


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    with speed_server(tls=True) as url:
        refusal = why_not(url)
    assert refusal.reason == "tls"
    assert "self" in (refusal.detail or "")


def test_a_certificate_of_the_districts_own_is_trusted_through_its_file() -> None:
    with speed_server("refuses posts", tls=True, mbps=40) as url:
        reading = ask(url, ca_file=str(CERTIFICATE), octets=20_000_000)
    assert reading.down_mbps == pytest.approx(40, rel=0.05)


def test_a_file_of_certificates_that_is_missing_is_named() -> None:
    with speed_server(tls=True) as url, pytest.raises(NoMeasurement) as caught:
        ask(url, ca_file="/nowhere/ca.pem")
    assert caught.value.reason == "tls"
    assert "/nowhere/ca.pem" in (caught.value.detail or "")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with speed_server(mbps=40) as url:
        assert ask(url, octets=8_000_000).down_mbps is not None


def test_a_test_tells_what_else_it_found() -> None:
    """On loopback no interface sees the test, so nothing is known of others."""
    with speed_server(mbps=40) as url:
        reading = ask(url)
    assert reading.jitter_ms is not None
    assert reading.latency_loaded_ms is not None
    assert reading.responsiveness_rpm == pytest.approx(60_000 / reading.latency_loaded_ms)
    assert reading.retransmitted_share is not None
    assert 0 <= reading.retransmitted_share < 0.5
    assert (reading.other_down_mbps, reading.other_up_mbps) == (None, None)
    assert reading.burst_down_mbps is None
    assert reading.load_s is not None
    assert 2 < reading.load_s < 4.5


def test_a_load_is_held_for_the_least_time() -> None:
    with speed_server(mbps=40) as url:
        plan = Plan(url, max_seconds=7.0, max_bytes=DATA_BUDGET, least_s=4.5)
        reading = measure(plan, Tally(), lambda phase, mbps: None)
    assert reading.load_s is not None
    assert reading.load_s >= 4.5
    assert reading.down_mbps == pytest.approx(40, rel=0.05)


def test_a_held_load_that_uses_up_its_octets_with_its_rate_known_is_not_truncated() -> None:
    with speed_server("refuses posts", mbps=40) as url:
        plan = Plan(url, max_seconds=20.0, max_bytes=20_000_000, least_s=15.0)
        reading = measure(plan, Tally(), lambda phase, mbps: None)
    assert "truncated" not in reading.flags
    assert reading.load_s is not None
    assert reading.load_s < 8
