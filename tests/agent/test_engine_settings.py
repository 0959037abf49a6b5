"""What the settings and the command line hand over to each engine, and how a wrong address is told."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from agent import engine_settings
from agent.config import parse
from agent.engines.plan import NoMeasurement, Plan, Tally
from agent.engines.server_address import FORMS, host_and_port
from agent.engines.table import ENGINES
from reports.faults import ConfigFault
from reports.sentences import NO_MEASUREMENT
from tests.commands import bandgap, environment

ALL = """
[measure]
server = "https://speed.example.org/"
iperf3_server = "[2001:db8::7]:5202"
iperf3_wait = "30s"
ndt7_server = "http://ndt.example.org:8080"
ookla_server = "49834"
ookla_licence_accepted = true
librespeed_server = "https://librespeed.example.org"
"""


def test_every_engine_says_what_address_it_takes() -> None:
    assert set(FORMS) == set(ENGINES)


def test_each_engine_gets_its_own_server() -> None:
    config = parse(ALL, None, zone="UTC")
    assert {name: engine_settings.server(name, config) for name in ENGINES} == {
        "http": "https://speed.example.org",
        "iperf3": "[2001:db8::7]:5202",
        "ndt7": "ws://ndt.example.org:8080",
        "ookla": "49834",
        "librespeed-cli": "https://librespeed.example.org",
        "speedtest-cli": None,
    }
    assert not any(
        engine_settings.lacking(name, engine_settings.server(name, config), config) for name in ENGINES
    )


def test_what_an_engine_cant_do_without_is_known_before() -> None:
    config = parse("", None, zone="UTC")
    assert {name for name in ENGINES if engine_settings.lacking(name, None, config)} == {
        "http",
        "iperf3",
        "ndt7",
    }
    agreed = parse("[measure]\nndt7_consent = true", None, zone="UTC")
    assert not engine_settings.lacking("ndt7", None, agreed)


def test_the_settings_reach_the_engine() -> None:
    """Without consent the engine refuses before it looks at the address; with it, the address is refused."""
    for text, reason in (("", "ndt7_consent"), ("[measure]\nndt7_consent = true", "dns")):
        table = engine_settings.table(parse(text, None, zone="UTC").measure)
        with pytest.raises(NoMeasurement) as caught:
            table["ndt7"](Plan("wss://nowhere.invalid.measurementlab.net"), Tally(), lambda *_: None)
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("engine", "raw", "read"),
    [
        ("iperf3", "iperf.example.org", "iperf.example.org"),
        ("iperf3", "192.0.2.7:5202", "192.0.2.7:5202"),
        ("ndt7", "ndt.example.org:4443", "wss://ndt.example.org:4443"),
        ("ndt7", "ws://ndt.example.org/", "ws://ndt.example.org"),
        ("ndt7", "https://ndt.example.org", "wss://ndt.example.org"),
        ("ndt7", "[2001:db8::1]", "wss://[2001:db8::1]"),
        ("ookla", "speed.example.org", "speed.example.org"),
        ("librespeed-cli", "http://speed.example.org/", "http://speed.example.org"),
    ],
)
def test_addresses_that_are_taken(engine: str, raw: str, read: str) -> None:
    assert FORMS[engine][0](raw) == read


def test_a_port_is_iperf3s_own_when_none_is_told() -> None:
    assert host_and_port("iperf.example.org") == ("iperf.example.org", 5201)
    assert host_and_port("[2001:db8::7]:5202") == ("2001:db8::7", 5202)


@pytest.mark.parametrize(
    ("engine", "raw"),
    [
        ("iperf3", "http://iperf.example.org"),
        ("iperf3", "-R"),
        ("iperf3", "host:99999"),
        ("iperf3", "host:port"),
        ("iperf3", "a b"),
        ("iperf3", "2001:db8::7"),
        ("iperf3", 5201),
        ("ndt7", "ftp://ndt.example.org"),
        ("ndt7", "ws://user@ndt.example.org"),
        ("ndt7", "wss://ndt.example.org?access_token=x"),
        ("ndt7", "ws://ndt.example.org:99999"),
        ("ndt7", "ws://ndt example"),
        ("ndt7", ""),
        ("ookla", "--accept-license"),
        ("ookla", "https://speed.example.org"),
        ("ookla", 49834),
        ("librespeed-cli", "speed.example.org"),
        ("http", "http://user@speed.example.org"),
    ],
)
def test_addresses_that_are_none(engine: str, raw: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # what it says is the caller's business
        FORMS[engine][0](raw)


def test_a_wrong_address_in_the_settings_is_one_line() -> None:
    with pytest.raises(ConfigFault) as fault:
        parse('[measure]\niperf3_server = "http://iperf.example.org"', Path("agent.toml"), zone="UTC")
    assert str(fault.value) == (
        'agent.toml: [measure] iperf3_server: found "http://iperf.example.org", expected a host, or host:port'
    )


def test_without_consent_ndt7_is_one_line_and_no_measurement(tmp_path: Path) -> None:
    done = bandgap(environment(tmp_path), "check", "--engine", "ndt7")
    assert done.returncode == 1
    assert done.stdout == f"No measurement: {NO_MEASUREMENT['ndt7_consent']}.\n"
    assert "publishes" in done.stdout
    assert "public IP address" in done.stdout
    assert "measure.ndt7_consent = true" in done.stdout
    assert done.stderr == ""


def test_iperf3_without_a_server_says_which_key_is_missing(tmp_path: Path) -> None:
    done = bandgap(environment(tmp_path), "check", "--engine", "iperf3")
    assert done.returncode == 1
    assert "measure.iperf3_server" in done.stdout


def test_the_command_line_hands_over_a_host_and_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = bandgap(
        environment(tmp_path), "check", "--engine", "iperf3", "--server", f"127.0.0.1:{port}", "--json"
    )
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["engine"], found["server"], found["reason"]) == ("iperf3", f"127.0.0.1:{port}", "refused")


def test_a_wrong_address_on_the_command_line_is_told_with_the_right_form(tmp_path: Path) -> None:
    done = bandgap(environment(tmp_path), "check", "--engine", "iperf3", "--server", "http://127.0.0.1:5201")
    assert done.returncode == 2
    assert 'found "http://127.0.0.1:5201", expected a host, or host:port' in done.stderr
