"""Which gateway is asked, and whose counters are the school's demand."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import AgentConfig, DemandFrom, parse
from reports.faults import ConfigFault

ASKED = '[snmp]\naddress = "192.0.2.1"\ninterface = "eth0"\n'


def config(text: str) -> AgentConfig:
    return parse(text, Path("agent.toml"), zone="UTC")


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("", "interface"),
        ("[measure]\nsees_all_traffic = false\n", None),
        ("[measure]\nsees_all_traffic = false\n" + ASKED, "gateway"),
        (ASKED, "gateway"),
    ],
)
def test_one_alone_counts_the_demand(text: str, whose: DemandFrom | None) -> None:
    """A gateway that is asked is believed, and not counted twice beside the own interface."""
    assert config(text).demand_from == whose


@pytest.mark.parametrize(
    ("written", "read", "shown"),
    [
        ("192.0.2.1", ("192.0.2.1", 161), "192.0.2.1"),
        ("gateway.example:1161", ("gateway.example", 1161), "gateway.example:1161"),
        ("[2001:db8::1]", ("2001:db8::1", 161), "[2001:db8::1]"),
    ],
)
def test_an_address_is_a_host_with_its_port_where_that_is_another(
    written: str, read: tuple[str, int], shown: str
) -> None:
    snmp = config(f'[snmp]\naddress = "{written}"\ninterface = 3\n').snmp
    assert (snmp.address, snmp.where, snmp.interface) == (read, shown, 3)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            '[snmp]\naddress = "192.0.2.1"',
            '[snmp] interface: missing, expected a port of the gateway as in "eth0"',
        ),
        (
            '[snmp]\naddress = "udp:192.0.2.1:161"',
            '[snmp] address: found "udp:192.0.2.1:161", expected a host, with',
        ),
        (
            '[snmp]\naddress = "a b"',
            '[snmp] address: found "a b", expected a host, with its port where that isn',
        ),
        ("[snmp]\ninterface = 0", "[snmp] interface: found 0, expected the name of the gateway's port as in"),
        ('[snmp]\nside = "west"', '[snmp] side: found "west", expected one of "wan", "lan"'),
        ('[snmp]\ncommunity = "x"', "[snmp] community: unknown key, known are: address"),
        (
            '[snmp]\ncredentials = "/etc/x"',
            'found "/etc/x", expected the path of a file that is named "snmp.conf"',
        ),
    ],
)
def test_each_mistake_is_one_line(text: str, line: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        config(text)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
