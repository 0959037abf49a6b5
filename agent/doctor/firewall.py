"""Whom this gateway talks to, from its settings: a page for whoever runs the firewall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from agent.config import AgentConfig
from agent.reach import dns_query

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Opening:
    """One way out. No way in is ever needed."""

    host: str
    port: str
    why: str


def openings(config: AgentConfig, resolv_conf: Path = dns_query.RESOLV_CONF) -> list[Opening]:
    """What has to be let out, without doubles."""
    return list(dict.fromkeys(_all(config, resolv_conf)))


def page(config: AgentConfig, resolv_conf: Path = dns_query.RESOLV_CONF) -> str:
    """The page as plain text of less than 80 columns."""
    lines = [
        f"Firewall rules for bandgap at {config.site.name}",
        "",
        "All of them are outgoing, from this gateway; answers come back on the same",
        "connection. Nothing incoming is needed. Exempt the collector and the test",
        "servers from TLS inspection, or tests are not trusted.",
        "",
    ]
    for one in openings(config, resolv_conf):
        lines += [f"out  {one.host}  {one.port}", f"     {one.why}"]
    return "\n".join(lines)


def _all(config: AgentConfig, resolv_conf: Path) -> Iterator[Opening]:
    for server in dns_query.servers(resolv_conf):
        here = server.startswith("127.") or server == "::1"  # it asks others in its turn
        host = "the name servers of this network" if here else server
        yield Opening(host, "53/udp and tcp", "names (DNS)")
    if config.upload.collector:
        yield _of(config.upload.collector, "collector: a summary an hour, and throughput tests")
    measure = config.measure
    for name in config.servers:
        for address in name.split():
            if "://" in address:
                yield _of(address, "throughput tests")
    if "ndt7" in measure.engines:
        if measure.ndt7_server:
            yield _of(measure.ndt7_server, "throughput tests (ndt7)")
        else:
            yield Opening("*.measurement-lab.org", "443/tcp", "throughput tests (ndt7, M-Lab)")
    if "iperf3" in measure.engines and measure.iperf3_server:
        yield _plain(measure.iperf3_server, 5201, "tcp", "throughput tests (iperf3)")
    if measure.librespeed_server:
        yield _of(measure.librespeed_server, "throughput tests (librespeed-cli)")
    if {"speedtest-cli", "ookla"} & set(measure.engines):
        yield Opening("*.speedtest.net and the servers it lists", "80, 443 and 8080/tcp", "throughput tests")
    if measure.irtt_server:
        yield _plain(measure.irtt_server, 2112, "udp", "packet loss (irtt)")
    if config.reachability.enabled:
        for host, port in config.reachability.hosts:
            yield Opening(host, f"{port}/tcp", "once a minute: is the Internet in reach?")
        if config.reachability.portal_check:
            yield _of(config.reachability.portal_check, "every ten minutes: is there a captive portal?")
    if config.snmp.address:
        host, at = config.snmp.address
        yield Opening(host, f"{at}/udp", "the gateway's counters (SNMP)")
    if config.email.smtp:
        host, at = config.email.smtp
        yield Opening(host, f"{at}/tcp", "the weekly report by mail")


def _of(url: str, why: str) -> Opening:
    parts = urlsplit(url)
    return Opening(parts.hostname or url, f"{parts.port or DEFAULT_PORTS.get(parts.scheme, 443)}/tcp", why)


def _plain(named: str, port: int, over: str, why: str) -> Opening:
    parts = urlsplit(f"//{named}")
    return Opening(parts.hostname or named, f"{parts.port or port}/{over}", why)
