"""Climbs the ladder as far as a throughput test's server needs, so that a cut wire is told as one.

A server on this machine needs nothing of the line, one on a network that this machine is on only that
network's link. Any other needs link, address and gateway, and DNS when it is given by name. The last rung is
the engine's own business: nobody else knows whether its server is in reach. Only a test that has no named
server needs the hosts on the Internet that reachability is probed with.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from agent.config import ReachabilitySettings
from agent.engines.plan import NoMeasurement
from agent.engines.server_address import shown
from agent.reach import dns_query, ladder
from agent.reach.endpoints import endpoint, numeric
from agent.reach.ladder import HERE, Break, Ground
from agent.reach.routes import default_routes, route_to
from reports.samples import Rung

REASONS: dict[Rung, str] = {
    "link": "no_link",
    "address": "no_address",
    "gateway": "no_gateway",
    "dns": "dns",
    "internet": "no_internet",
}
"""The reason code of a test that a rung kept from being made."""

HOSTS = Path("/etc/hosts")
NAME_S = 3.0
"""How long the name of a server may take; a child of the agent waits for it, not the loop."""


def preflight(
    servers: Sequence[str | None],
    interface: str | None,
    reachability: ReachabilitySettings,
    ground: Ground = HERE,
    hosts_file: Path = HOSTS,
) -> NoMeasurement | None:
    """Why no test can be made with any of ``servers``, or None when at least one may be tried.

    ``servers`` are URLs or host:port, or None for whatever the engine finds on the Internet.
    """
    first: Break | None = None
    for server in servers:
        broken = (
            _to_server(_host(server), interface, ground, hosts_file)
            if server
            else _to_the_internet(interface, reachability, ground)
        )
        if broken is None:
            return None
        first = first or broken
    if first is None:
        return None
    return NoMeasurement("captive_portal" if first.portal else REASONS[first.rung], first.detail)


def _to_the_internet(
    interface: str | None, reachability: ReachabilitySettings, ground: Ground
) -> Break | None:
    if reachability.enabled:
        return ladder.climb(
            interface, reachability.hosts, reachability.dns_name, ground, reachability.portal_check
        )
    return _to_the_gateway(interface, ground)


def _to_the_gateway(interface: str | None, ground: Ground) -> Break | None:
    return ladder.link(interface, ground) or ladder.address(interface, ground) or ladder.next_router(ground)


def _host(server: str) -> str | None:
    server = shown(server)
    try:
        return urlsplit(server if "//" in server else f"//{server}").hostname
    except ValueError:  # a broken IPv6 address
        return None


def _to_server(host: str | None, interface: str | None, ground: Ground, hosts_file: Path) -> Break | None:
    """What keeps a test from this host. What is wrong with the host's name itself, its engine says."""
    if host is None or host == "localhost" or host.endswith((".localhost", ".local")):  # RFC 6761, RFC 6762
        return None
    addresses = [host] if numeric(host) else _in_hosts(host, hosts_file)
    unresolved: Break | None = None
    if not addresses:
        addresses, unresolved = _resolved(host, ground)
    sources = {address: source for address in addresses if (source := _source(address))}
    if any(address == source for address, source in sources.items()):
        return None
    if sources and not default_routes(ground.proc):
        return None  # the kernel knows a way that its main table doesn't show: policy routing
    routes = [route for address in addresses if (route := route_to(address, ground.proc))]
    if near := next((route for route in routes if route.gateway is None and route.prefix), None):
        return ladder.link(near.interface, ground)
    return _to_the_gateway(interface, ground) or unresolved


def _resolved(host: str, ground: Ground) -> tuple[list[str], Break | None]:
    """The addresses of a name, or why no name server finds out.

    That there is no such name is no break here: the system's resolver may know of search domains and sources
    of its own.
    """
    name_servers = dns_query.servers(ground.resolv_conf)
    try:
        name = host if host.isascii() else host.encode("idna").decode()
        answer = ladder.resolve(name, name_servers, time.monotonic() + NAME_S, ground)
    except ValueError:  # it can't be a name
        return [], None
    if answer is None:
        return [], Break("dns", f"{host}: no answer from {' or '.join(name_servers)}")
    if not answer.found_out and "." in host:
        return [], Break("dns", f"{host}: {answer.words}")
    return list(answer.addresses), None


def _in_hosts(name: str, hosts_file: Path) -> list[str]:
    """The addresses that the machine's own file has for a name (hosts(5))."""
    try:
        lines = hosts_file.read_text(errors="replace").splitlines()
    except OSError:
        return []
    rows = [line.partition("#")[0].split() for line in lines]
    return [row[0] for row in rows if name in row[1:] and numeric(row[0])]


def _source(address: str) -> str | None:
    """The address from which this machine would send to another; its own from itself. No packet is sent."""
    where = endpoint(address, dns_query.PORT)
    with socket.socket(where.family, socket.SOCK_DGRAM) as line:
        try:
            line.connect(where.sockaddr)
        except OSError:  # no route
            return None
        return str(line.getsockname()[0])
