"""Any pair of addresses, a file to download and a place that takes POSTs, is a measurement server."""

from __future__ import annotations

import pytest

from agent.engines.http import measure
from agent.engines.plan import NoMeasurement, Plan, Reading, Tally
from agent.engines.server_address import test_server as server_address
from tests.agent.speed_server import speed_server

server_address.__test__ = False  # type: ignore[attr-defined]  # reads one, isn't one


def ask(server: str) -> Reading:
    return measure(Plan(server, max_bytes=20_000_000), Tally(), lambda phase, mbps: None)


def test_a_file_and_a_place_for_uploads_are_measured_both_ways() -> None:
    with speed_server(mbps=40) as url:
        reading = ask(f"{url}/speedtest/random4000x4000.jpg {url}/speedtest/upload.php")
    assert reading.server == f"{url}/speedtest/random4000x4000.jpg"
    assert reading.down_mbps == pytest.approx(40, rel=0.1)
    assert reading.up_mbps == pytest.approx(40, rel=0.1)


def test_they_may_be_on_two_hosts() -> None:
    with speed_server(mbps=60) as one, speed_server(mbps=20) as other:
        reading = ask(f"{one}/garbage.php {other}/empty.php")
    assert reading.down_mbps == pytest.approx(60, rel=0.1)
    assert reading.up_mbps == pytest.approx(20, rel=0.1)


def test_a_file_that_isnt_there_or_is_small_is_no_server() -> None:
    with speed_server() as url:
        for path in ("nothing.bin", "latency.txt"):
            with pytest.raises(NoMeasurement, match=f"no data of 1 MiB or more is at {url}/{path}"):
                ask(f"{url}/{path} {url}/empty.php")


def test_the_forms_of_an_address() -> None:
    assert server_address(" https://a/x.bin   http://b/up ") == "https://a/x.bin http://b/up"
    assert server_address("/etc/bandgap/servers.json") == "/etc/bandgap/servers.json"
    assert server_address("https://a/servers.json") == "https://a/servers.json"
    for wrong in ("", "a", "/etc/servers.txt", "http://a b", "http://a http://b http://c http://d", 4):
        with pytest.raises(ValueError):  # noqa: PT011  # the settings make a line of it
            server_address(wrong)
