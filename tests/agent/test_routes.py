"""The kernel's routing tables are read as they are: default routes, gateways, and the way to an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.reach.routes import default_routes, route_to

FIXTURES = Path(__file__).parent / "fixtures"
HOME_GATEWAY = "192.168.1.1"


@pytest.mark.parametrize("machine", ["home_ipv4", "two_uplinks", "ipv6_only", "no_route"])
def test_default_routes_are_in_order_of_family_and_metric(machine: str) -> None:
    routes = default_routes(FIXTURES / machine)
    assert routes == sorted(routes, key=lambda route: (route.bits, route.metric, route.interface))
    assert all(route.prefix == 0 for route in routes)


def test_the_gateway_is_an_address() -> None:
    """The hexadecimal word of /proc/net/route is in this machine's own order."""
    (route,) = default_routes(FIXTURES / "home_ipv4")
    assert (route.interface, route.gateway) == ("enp1s0", HOME_GATEWAY)


def test_the_longest_prefix_leads_to_an_address() -> None:
    """A neighbour is reached without a gateway, everything else through it."""
    near = route_to(HOME_GATEWAY, FIXTURES / "home_ipv4")
    far = route_to("203.0.113.1", FIXTURES / "home_ipv4")
    assert near is not None
    assert far is not None
    assert (near.gateway, far.gateway) == (None, HOME_GATEWAY)
    assert route_to("203.0.113.1", FIXTURES / "no_route") is None


def test_ipv6_has_its_own_table() -> None:
    far = route_to("2001:db8:ffff::1", FIXTURES / "ipv6_only")
    assert far is not None
    assert (far.interface, far.gateway) == ("eth0", "fe80::1")
    near = route_to("2001:db8:1::7%eth0", FIXTURES / "ipv6_only")
    assert near is not None
    assert near.gateway is None
