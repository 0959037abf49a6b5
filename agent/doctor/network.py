"""The way out: gateway, DNS, the Internet, the collector and its token, and who looks into what is sent."""

from __future__ import annotations

import ssl
import time
from urllib.parse import urlsplit

from requests.utils import should_bypass_proxies

from agent import __version__, collector_heard
from agent.doctor.finding import Finding, bad, doubtful, good
from agent.doctor.ground import Patient
from agent.reach import dns_query, ladder
from agent.token_file import beside_the_service, read_token
from reports.faults import Fault


def gateway(patient: Patient) -> Finding:
    """The next router, from an address of our own."""
    if broken := ladder.address(patient.interface, patient.ground) or ladder.next_router(patient.ground):
        return bad(broken.detail, "ip -brief address; ip route")
    return good("answers")


def names(patient: Patient) -> Finding:
    """Whether a name server finds out about a name."""
    name = patient.config.reachability.dns_name
    servers = dns_query.servers(patient.ground.resolv_conf)
    answer = ladder.resolve(name, servers, time.monotonic() + patient.ground.names_s, patient.ground)
    if answer is None:
        return bad(f"{' and '.join(servers)}: no answer", "cat /etc/resolv.conf; is port 53 open?")
    if not answer.found_out:
        return bad(f"{answer.words} to {name}", "cat /etc/resolv.conf")
    return good(f"{answer.server} answers")


def internet(patient: Patient) -> Finding:
    """The hosts that reachability is probed with, and a captive portal on the way."""
    probed = patient.config.reachability
    if not probed.enabled:
        return doubtful("not probed: reachability.enabled is false")
    broken = ladder.climb(
        patient.interface, probed.hosts, probed.dns_name, patient.ground, probed.portal_check
    )
    if broken:
        return bad(broken.detail, "bandgap doctor --firewall, for whoever runs the firewall")
    return good("in reach")


def collector(patient: Patient) -> Finding:
    """Whether it is there and well."""
    upload = patient.config.upload
    if upload.collector is None:
        return doubtful("none is set: summaries are kept here and go nowhere", "sudo bandgap setup")
    try:
        heard = collector_heard.hear(upload.collector, upload.ca_file, patient.now)
    except Fault as fault:
        return bad(str(fault), "bandgap doctor --firewall, for whoever runs the firewall")
    if heard.clock_fault:
        return bad(heard.clock_fault, "sudo timedatectl set-ntp true")
    return good(f"{upload.collector} is well")


def skew(patient: Patient) -> Finding:
    """Whether the collector is older than this agent, and may not know all that it sends."""
    upload = patient.config.upload
    if upload.collector is None:
        return good("no collector to differ from")
    try:
        there = collector_heard.hear(upload.collector, upload.ca_file, patient.now).version
    except Fault:
        return doubtful("the collector doesn't say its version now")
    if there is None or there == __version__:
        return good(f"both are {__version__}" if there else "the collector doesn't say its version")
    return doubtful(
        f"the agent is {__version__}, the collector {there}", "upgrade the collector first, then agents"
    )


def token(patient: Patient) -> Finding:
    """Whether the collector knows the token of this site."""
    upload = patient.config.upload
    if upload.collector is None:
        return good("none is needed without a collector")
    try:
        environ = beside_the_service(upload.token_file, patient.environ)
        shown = read_token(upload.token_file, environ)
    except Fault as fault:
        return bad(str(fault), "sudo bandgap setup")
    try:
        if collector_heard.token_holds(upload.collector, shown, upload.ca_file):
            return good("the collector knows it")
    except Fault as fault:
        return doubtful(str(fault))
    return bad(
        "the collector refuses it", "get a new code from whoever runs it; sudo bandgap setup --code CODE"
    )


def proxy(patient: Patient) -> Finding:
    """Whether uploads go by a proxy. A test through one measures the proxy."""
    upload = patient.config.upload
    url = upload.collector or "https://collector.invalid"
    known = {
        name.lower().removesuffix("_proxy"): value
        for name, value in patient.environ.items()
        if name.lower().endswith("_proxy") and value
    }
    used = known.get(urlsplit(url).scheme) or known.get("all")
    if not used or should_bypass_proxies(url, known.get("no") or "-"):
        return good("none is set")
    return doubtful(
        f"a proxy stands in the environment ({urlsplit(used).hostname}): it sees the token",
        "env | grep -i proxy",
    )


def interception(patient: Patient) -> Finding:
    """Whether who answers for the collector has a certificate that this machine trusts."""
    upload = patient.config.upload
    if upload.collector is None or not upload.collector.startswith("https:"):
        return good("no TLS is used")
    if patient.config.measure.server_pins:
        return good("server_pins name the key; a test tells when it is another one")
    try:
        ssl.create_default_context(cafile=upload.ca_file)
        collector_heard.hear(upload.collector, upload.ca_file, patient.now)
    except (OSError, ssl.SSLError) as fault:
        return bad(f"{upload.ca_file}: {fault.strerror or 'no certificate in it'}", "mend upload.ca_file")
    except Fault as fault:
        if "certificate" in str(fault):
            return bad(str(fault), "exempt the collector from TLS inspection")
        return doubtful("the collector can't be reached, so there is no telling")
    return good("its certificate is trusted; measure.server_pins would tell an inspecting filter too")
