"""The http engine's smaller parts: addresses, reasons, latency under load, naps."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from agent.engines import method
from agent.engines.http_address import Address, no_measurement, resolve
from agent.engines.http_flow import refusal
from agent.engines.http_latency import loaded_ms
from agent.engines.http_load import _next_nap
from agent.engines.plan import NoMeasurement


@pytest.mark.parametrize(
    ("host", "port", "secure", "authority"),
    [
        ("speed.example", 80, False, "speed.example"),
        ("speed.example", 443, True, "speed.example"),
        ("speed.example", 443, False, "speed.example:443"),
        ("2001:db8::1", 8080, False, "[2001:db8::1]:8080"),
    ],
)
def test_the_host_header_is_what_the_url_says(host: str, port: int, secure: bool, authority: str) -> None:
    context = ssl.create_default_context() if secure else None
    assert Address(host, port, socket.AF_INET, ("192.0.2.1", port), context).authority == authority


@pytest.mark.parametrize(
    "url", ["ftp://speed.example", "speed.example", "http://", "http://speed.example:99999"]
)
def test_what_is_no_web_address_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(NoMeasurement) as caught:
        resolve(url, None)
    assert caught.value.reason == "not_a_server"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "refused"),
        (TimeoutError(), "timeout"),
        (OSError(errno.ENETUNREACH, "unreachable"), "unreachable"),
        (OSError(errno.EHOSTUNREACH, "no route"), "unreachable"),
        (ssl.SSLError(1, "bad"), "tls"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "engine_failed"),
        (OSError(errno.EMFILE, "too many"), "engine_failed"),
    ],
)
def test_every_failure_of_a_socket_has_its_reason(error: OSError, reason: str) -> None:
    found = no_measurement(error, "speed.example")
    assert found.reason == reason
    assert "speed.example" in (found.detail or "")


@pytest.mark.parametrize(
    ("code", "reason"),
    [(404, "not_a_server"), (413, "not_a_server"), (503, "server_busy"), (502, "server_error")],
)
def test_a_status_that_is_no_success_has_its_reason(code: int, reason: str) -> None:
    found = refusal(code, "speed.example")
    assert found is not None
    assert found.reason == reason


@pytest.mark.parametrize("code", [100, 200, 204])
def test_a_success_is_no_refusal(code: int) -> None:
    assert refusal(code, "speed.example") is None


def test_latency_under_load_is_a_median() -> None:
    assert loaded_ms([0.050, 0.200, 0.060], []) == pytest.approx(60)


def test_a_ping_that_is_still_awaited_counts_once_it_is_late() -> None:
    assert loaded_ms([0.050], [0.010]) == pytest.approx(50)
    assert loaded_ms([0.050], [1.950]) == pytest.approx(1000)
    assert loaded_ms([], [2.0]) == pytest.approx(2000)


def test_without_pings_there_is_no_latency() -> None:
    assert loaded_ms([], []) is None


def test_naps_grow_while_little_waits_and_end_when_much_does() -> None:
    nap = 0.0
    for _ in range(1000):
        nap = _next_nap(nap, 0.01)
    assert nap == method.NAP_MAX_S
    assert _next_nap(nap, 0.2) == nap / 2
    assert _next_nap(nap, 0.5) == 0.0
