"""The collector's package in a booted Debian 12 and 13: installed, it answers, and goes on answering.

A part of `make booted`.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator

import pytest

from tests.booted.machine import DEBIANS, Machine, machine, missing, rootfs, until
from tests.booted.packages import package

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]
SERVICE, SOCKET = "bandgap-collector.service", "bandgap-collector.socket"
ASK = """
import sys, time, urllib.request
end, many = time.monotonic() + float(sys.argv[1]), 0
while time.monotonic() < end:
    assert urllib.request.urlopen("http://127.0.0.1:8642/healthz", timeout=60).status == 200
    many += 1
print(many)
"""
"""A client without pause, each request over a connection of its own; a refused or broken one is a traceback."""


@pytest.fixture(scope="module", params=DEBIANS)
def server(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """One machine for all tests of this file, in their order."""
    with machine(rootfs(request.param)) as made:
        made.boot()
        shutil.copy(package("collector"), made.disk / "root/bandgap-collector.deb")
        yield made


def test_one_command_and_it_answers(server: Machine) -> None:
    server.apt("install", "/root/bandgap-collector.deb")
    for unit in (SERVICE, SOCKET):
        assert server.run("systemctl", "is-enabled", unit).stdout.strip() == "enabled"
        until(lambda unit=unit: server.show(unit, "ActiveState") == "active", f"{unit} is active", 60)  # type: ignore[misc]
    assert int(server.run("python3", "-c", ASK, "1").stdout) > 0
    size = package("collector").stat().st_size
    installed = server.run("du", "-sk", "/usr/lib/bandgap-collector").stdout.split()[0]
    print(f"collector's package {size / 1000:.0f} kB, installed {installed} KiB")


def test_a_site_that_root_enrols_is_the_services(server: Machine) -> None:
    """Both have one database, and it stays the service's."""
    token = server.run("bandgap-collector", "enrol", "north", "--name", "North").stdout.strip()
    assert token.startswith("bandgap_")
    assert "North" in server.run("bandgap-collector", "sites").stdout
    page = (
        "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8642/sites').read().decode())"
    )
    until(lambda: "North" in server.run("python3", "-c", page).stdout, "the table of all has it", 60)
    owners = set(server.run("sh", "-c", "stat -c %U /var/lib/bandgap-collector/*").stdout.split())
    assert owners == {"bandgap-collector"}


def test_no_request_is_lost_when_it_is_restarted(server: Machine) -> None:
    """Four clients without pause through two restarts and one kill."""
    said: list[str] = []
    clients = [
        threading.Thread(target=lambda: said.append(server.run("python3", "-c", ASK, "20").stdout))
        for _ in range(4)
    ]
    for client in clients:
        client.start()
    for _ in range(2):
        server.run("systemctl", "restart", SERVICE)
    for client in clients:
        client.join(120)
    assert len(said) == 4
    print(f"requests through two restarts: {sum(map(int, said))}, lost: none")


def test_killed_it_is_started_again_and_the_socket_is_there_all_the_time(server: Machine) -> None:
    before = server.show(SERVICE, "MainPID")
    server.run("systemctl", "kill", "--signal=KILL", SERVICE)
    assert int(server.run("python3", "-c", ASK, "1").stdout) > 0
    assert server.show(SERVICE, "MainPID") not in ("0", before)


def test_it_may_do_little(server: Machine) -> None:
    assert server.run("systemd-analyze", "security", "--threshold=15", "--no-pager", SERVICE).returncode == 0


def test_its_log_has_fields(server: Machine) -> None:
    """A refused upload is an entry with the status that it got, and without the token."""
    post = (
        "import urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8642/v1/summaries', b'{}', "
        "{'Authorization': 'Bearer bandgap_nobody-has-this-one'}))"
    )
    server.run("python3", "-c", post, check=False)
    said = server.run("journalctl", "-o", "export", "SYSLOG_IDENTIFIER=bandgap-collector").stdout
    assert "BANDGAP_STATUS=401" in said
    assert "BANDGAP_EVENT=upload of %(site)s refused: %(status)s %(words)s" in said
    assert "nobody-has-this-one" not in said


def test_purge_takes_all_but_its_user(server: Machine) -> None:
    server.apt("purge", "bandgap-collector")
    words = (
        "find",
        "/",
        "-xdev",
        "-iname",
        "*bandgap*",
        "-not",
        "-path",
        "/root/*",
        "-not",
        "-path",
        "/proc/*",
    )
    left = [name for name in server.run(*words).stdout.split() if "bandgap-fetched" not in name]
    assert left == []
