"""The WAN interface is the one with the default route, read from real routing tables."""

from pathlib import Path

import pytest

from agent import wan

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize(
    ("machine", "interface"),
    [
        ("home_ipv4", "enp1s0"),
        ("two_uplinks", "eth1"),
        ("ipv6_only", "eth0"),
        ("no_route", None),
        # Made by tests/testbed/interface_files.py: what carries the route is the WAN, never what is below it.
        ("bridged_wan", "br-wan"),
        ("tunnel_wan", "ppp0"),
        ("failover", "eth0"),
    ],
)
def test_the_default_route_names_the_interface(machine: str, interface: str | None) -> None:
    """Lowest metric wins, IPv4 goes before IPv6, and a reject route is no route."""
    assert wan.default_interface(FIXTURES / machine) == interface


def test_a_machine_without_proc_has_no_known_wan(tmp_path: Path) -> None:
    """Absence is an answer, not an error."""
    assert wan.default_interface(tmp_path) is None
