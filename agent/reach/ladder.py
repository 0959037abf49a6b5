"""The ladder from this machine to the Internet, and the first rung on which it breaks.

The rungs are the link, an address, the gateway, DNS, and hosts on the Internet. An answer from further out
proves what is nearer, so the hosts are asked before the gateway: a gateway that keeps silent but forwards is
no outage, and a good line costs one query and one connection. Without a host's answer the nearer rungs are
asked from below, and the first that fails is told.

DNS is to blame when a host that is given by address answers and no name server finds out about a name: all
are silent, or say SERVFAIL or the like. A server that says so is alive, but to a school nothing works by name
all the same; NXDOMAIN it has found out. When no host answers either, the line is to blame and not DNS: a name
server beyond a cut line is silent too, and one before it says SERVFAIL. Only where no host could be tried by
address does DNS stand for itself.

A captive portal takes connections in everybody's name. Where it is asked for (``portal_check``, not with each
climb), a plain HTTP request finds it out; to a school a portal is no Internet.

Nothing here needs rights, names are resolved by ``agent/reach/dns_query.py`` alone, and the whole takes five
seconds at most.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.reach import dns_query, gateway, portal
from agent.reach.dns_query import AAAA, RESOLV_CONF, A, Answer
from agent.reach.endpoints import endpoint, first_open, numeric
from agent.reach.routes import PROC, Route, default_routes
from reports.samples import Rung

NET_ROOT = Path("/sys/class/net")

SIOCGIFADDR = 0x8915
GLOBAL_SCOPE = "00"
"""Scope of an address in ``/proc/net/if_inet6``."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first rung that fails, and what was found there; ``portal`` when that is a captive portal."""

    rung: Rung
    detail: str
    portal: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the kernel and the settings of the resolver are read, and how long an answer may take.

    4.5 s together, or 6.5 with a look for a portal; a satellite's round trip is 0.6 s.
    """

    proc: Path = PROC
    net: Path = NET_ROOT
    resolv_conf: Path = RESOLV_CONF
    names_s: float = 1.5
    hosts_s: float = 2.0
    portal_s: float = 2.0
    gateway_s: float = 1.0


HERE = Ground()


def climb(
    interface: str | None,
    hosts: Sequence[tuple[str, int]],
    dns_name: str,
    ground: Ground = HERE,
    portal_check: str = "",
) -> Break | None:
    """The first rung that fails between ``interface`` (None: not known) and the Internet; None when all hold.

    ``hosts`` are names or numeric addresses with a port; one that answers is enough. ``portal_check`` is an
    http:// address that answers with 204.
    """
    if broken := link(interface, ground):
        return broken
    name_servers = dns_query.servers(ground.resolv_conf)
    known = [endpoint(host, port) for host, port in hosts if numeric(host)]
    named = [(host, port) for host, port in hosts if not numeric(host)]
    until = time.monotonic() + ground.names_s
    answers = {dns_name: resolve(dns_name, name_servers, until, ground)}
    for host, _ in named:
        if host not in answers:
            answers[host] = resolve(host, name_servers, until, ground)
    found = [
        endpoint(address, port)
        for host, port in named
        if (answer := answers.get(host))
        for address in answer.addresses[:1]
    ]
    opened, why = first_open([*found, *known], ground.hosts_s)
    dns = _without_names(answers[dns_name], dns_name, name_servers)
    if opened:
        return dns or (captive(portal_check, ground) if portal_check else None)
    if broken := address(interface, ground) or next_router(ground):
        return broken
    if dns and not known:
        return dns
    return Break("internet", why or (dns.detail if dns else "no host has an address"))


def captive(portal_check: str, ground: Ground = HERE) -> Break | None:
    """Whether a captive portal answers in the name of a host that is known to answer with 204."""
    host, port = portal.host_and_port(portal_check)
    addresses: Sequence[str] = [host]
    if not numeric(host):
        name_servers = dns_query.servers(ground.resolv_conf)
        answer = resolve(host, name_servers, time.monotonic() + ground.names_s, ground)
        addresses = answer.addresses if answer else []
    for address in addresses[:1]:
        if words := portal.stands_between(portal_check, endpoint(address, port), ground.portal_s):
            return Break("internet", f"a captive portal: {words}", portal=True)
    return None


def link(interface: str | None, ground: Ground = HERE) -> Break | None:
    """Whether the interface has carrier. Reading it of one that is switched off is an error (EINVAL)."""
    if interface is None:
        return None
    try:
        carrier = (ground.net / interface / "carrier").read_text().strip() == "1"
    except FileNotFoundError:
        return Break("link", f"there is no interface {interface}")
    except OSError:
        return Break("link", f"{interface} is switched off")
    return None if carrier else Break("link", f"{interface} has no carrier")


def address(interface: str | None, ground: Ground = HERE) -> Break | None:
    """Whether there is an address to send from: on the interface, or on the one of a default route.

    They differ where the counted interface is the port of a bridge or carries PPPoE.
    """
    holders = {route.interface for route in default_routes(ground.proc)}
    if interface:
        holders.add(interface)
    if not holders:
        return Break("address", "no interface has a default route")
    if any(_ipv4(holder) or _ipv6(holder, ground.proc) for holder in holders):
        return None
    return Break("address", f"{' and '.join(sorted(holders))} has no address")


def next_router(ground: Ground = HERE) -> Break | None:
    """Whether a gateway of a default route answers; a line with two ends (PPP, a tunnel) has none to ask."""
    best: dict[int, Route] = {}
    for route in default_routes(ground.proc):
        best.setdefault(route.bits, route)
    if not best:
        return Break("gateway", "there is no default route")
    asked = []
    for route in best.values():
        if route.gateway is None:
            return None
        if gateway.answers(route.gateway, route.interface, ground.gateway_s / len(best)) is not False:
            return None
        asked.append(route.gateway)
    return Break("gateway", f"{' and '.join(asked)}: no answer")


def resolve(name: str, servers: Sequence[str], until_s: float, ground: Ground = HERE) -> Answer | None:
    """What the name servers say of a name until a monotonic moment.

    Asked for are addresses of the families that have a default route, IPv4 first.
    """
    families = {route.bits: AAAA if route.bits == 128 else A for route in default_routes(ground.proc)}
    answer = None
    for kind in list(families.values()) or [A]:
        later = dns_query.ask(name, kind, servers, until_s - time.monotonic())
        if later and (later.addresses or answer is None):
            answer = later
        if answer is None or answer.addresses:
            break
    return answer


def _without_names(answer: Answer | None, name: str, servers: Sequence[str]) -> Break | None:
    if answer is None:
        return Break("dns", f"{' and '.join(servers)}: no answer")
    return None if answer.found_out else Break("dns", f"{answer.words} to {name}")


def _ipv4(interface: str) -> bool:
    """Whether the interface has an IPv4 address that somebody gave it (netdevice(7)).

    One of 169.254/16 it gave itself because DHCP was silent (RFC 3927).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            found = fcntl.ioctl(any_socket, SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            return False
    return found[20:22] != bytes([169, 254])


def _ipv6(interface: str, proc: Path) -> bool:
    """Whether the interface has an IPv6 address that reaches beyond the wire."""
    try:
        rows = [line.split() for line in (proc / "net" / "if_inet6").read_text().splitlines()]
    except OSError:
        return False
    return any(row[5] == interface and row[3] == GLOBAL_SCOPE for row in rows if len(row) == 6)
