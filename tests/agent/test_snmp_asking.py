"""The gateway is asked by net-snmp's own programs, and each way of not being answered is one line."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import counters
from agent.snmp.asking import ask
from agent.snmp.port import UPTIME
from agent.snmp.settings import SnmpSettings
from reports.faults import Fault
from tests.agent import snmp_agent
from tests.agent.snmp_agent import MADE_UP, V2C, V3, Gateway

pytestmark = snmp_agent.NEEDS


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with snmp_agent.snmpd(tmp_path_factory.mktemp("gateway")) as found:
        found.made_up.say(
            NAME="wan",
            DESCRIPTION="The port to the provider",
            STATUS=1,
            IN_64=5_000_000_000,
            OUT_64=7,
            HIGH_SPEED=1000,
        )
        yield found


def why(settings: SnmpSettings) -> str:
    with pytest.raises(Fault) as caught:
        ask(settings, {})
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("conf", [V2C, V3, V3.replace("SHA", "SHA1")], ids=["2c", "3", "SHA1"])
def test_a_real_ports_counters_are_read_by_its_name(gateway: Gateway, conf: str) -> None:
    """The loopback interface of this machine, which snmpd knows as ``lo``."""
    before = counters.read("lo", 0.0)
    found = ask(gateway.settings("lo", conf), {})
    assert before is not None
    assert (found.name, found.index, found.up, found.bits) == ("lo", before.index, True, 64)
    # snmpd looks at its interfaces every three seconds
    assert found.rx_bytes == pytest.approx(before.rx_bytes, rel=0.5)
    assert found.uptime > 0


def test_a_port_is_found_by_its_number(gateway: Gateway) -> None:
    found = ask(gateway.settings(MADE_UP), {})
    assert (found.name, found.up, found.speed_mbps) == ("wan", True, 1000.0)
    assert (found.rx_bytes, found.tx_bytes, found.bits) == (5_000_000_000, 7, 64)


def test_a_port_that_faces_the_school_counts_the_other_way_round(gateway: Gateway) -> None:
    """What it sends is what came down."""
    found = ask(gateway.settings(MADE_UP, side="lan"), {})
    assert (found.rx_bytes, found.tx_bytes) == (7, 5_000_000_000)


def test_a_port_that_has_another_number_now_is_found_again(gateway: Gateway) -> None:
    """Numbers may change when a gateway restarts (RFC 2863, 3.1.5)."""
    assert ask(gateway.settings("lo"), {}, index=MADE_UP).name == "lo"


def test_a_port_with_small_counters_only_gives_those(gateway: Gateway) -> None:
    gateway.made_up.say(
        IN_64=None, OUT_64=None, IN_32=4_000_000_000, OUT_32=3, HIGH_SPEED=None, SPEED=10_000_000
    )
    found = ask(gateway.settings(MADE_UP), {})
    assert (found.bits, found.rx_bytes, found.speed_mbps) == (32, 4_000_000_000, 10.0)
    gateway.made_up.say(IN_32=None)
    assert why(gateway.settings(MADE_UP)).endswith(f"no port {MADE_UP} with counters")
    gateway.made_up.say(IN_64=5_000_000_000, OUT_64=7, HIGH_SPEED=1000)


def test_a_port_that_is_not_there_names_those_that_are(gateway: Gateway) -> None:
    said = why(gateway.settings("wan7"))
    assert said.startswith(f'gateway 127.0.0.1:{gateway.port}: no port "wan7"; it has lo')


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        (
            V2C.replace("reads only", "guesses"),
            "no answer: does it take SNMP from this machine, and is all in",
        ),
        (V3.replace("tells who it is", "tells somebody else"), "it refuses the passphrase in"),
        (V3.replace("keeps it to itself", "keeps something else"), "no answer"),
        (V3.replace("tells who it is", "short"), "is shorter than the 8 signs of SNMPv3"),
        (V3.replace("bandgap", "stranger"), "it doesn't know the user in"),
        (V3.replace("authPriv", "authNoPriv"), "may not read it that way"),
    ],
    ids=["community", "passphrase", "second passphrase", "short", "user", "level"],
)
def test_who_is_not_let_in_is_told_why(gateway: Gateway, conf: str, words: str) -> None:
    """And no passphrase is in what is told."""
    said = why(gateway.settings("lo", conf))
    assert words in said
    assert said.startswith(f"gateway 127.0.0.1:{gateway.port}: ")
    assert "passphrase in" in said or "short" not in said
    assert "keeps" not in said


def test_a_gateway_that_keeps_silent_is_told(gateway: Gateway) -> None:
    """Stopped, not ended: its socket takes what comes."""
    gateway.process.send_signal(signal.SIGSTOP)
    try:
        assert "no answer" in why(gateway.settings("lo"))
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    assert ask(gateway.settings("lo"), {}).name == "lo"


def test_a_name_that_means_nothing_is_told(tmp_path: Path) -> None:
    path = snmp_agent.credentials(tmp_path, V2C)
    settings = SnmpSettings(("gateway.invalid", 161), "lo", credentials=str(path))
    assert why(settings) == "gateway gateway.invalid: the name can't be resolved"


def test_secrets_are_not_on_the_command_line(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for snmpget that keeps how it was called."""
    stand_in = tmp_path / "snmpget"
    stand_in.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\nset >> {tmp_path}/words\nexit 1\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert why(gateway.settings(MADE_UP, V3)).endswith("no reason given")
    words = (tmp_path / "words").read_text()
    assert UPTIME in words
    assert "tells who it is" not in words


def test_without_net_snmp_one_line_says_what_to_install(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (
        why(gateway.settings(1))
        == "snmpget isn't installed, which asks the gateway (Debian: apt install snmp)"
    )
