"""Debian's snmpd as the gateway, on loopback or in a namespace, with its real ports and one that is made up.

The made-up port has number 77 and the counters that ``MadeUp.say`` gives it: snmpd asks a script for them
(its directive ``pass``), so that they may wrap, stand still or be missing.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.snmp import port as if_mib
from agent.snmp.settings import SnmpSettings

SBIN = os.environ["PATH"] + ":/usr/sbin:/sbin"
LACKING = [
    program for program in ("snmpd", "snmpget", "snmpbulkwalk") if not shutil.which(program, path=SBIN)
]
NEEDS = pytest.mark.skipif(
    bool(LACKING), reason=f"not installed: {', '.join(LACKING)} (tests/system_packages.sh)"
)

COMMUNITY = "reads only"
V2C = f'defVersion 2c\ndefCommunity "{COMMUNITY}"\n'
V3 = (
    "defVersion 3\ndefSecurityName bandgap\ndefSecurityLevel authPriv\ndefAuthType SHA\n"
    'defAuthPassphrase "tells who it is"\ndefPrivType AES\ndefPrivPassphrase "keeps it to itself"\n'
)
LETS_IN = (
    f'rocommunity "{COMMUNITY}"\n'
    'createUser bandgap SHA "tells who it is" AES "keeps it to itself"\nrouser bandgap priv\n'
)
MADE_UP = 77
KINDS = {
    if_mib.NAME: "string", if_mib.DESCRIPTION: "string", if_mib.STATUS: "integer", if_mib.SPEED: "gauge",
    if_mib.IN_32: "counter", if_mib.OUT_32: "counter", if_mib.IN_64: "counter64", if_mib.OUT_64: "counter64",
    if_mib.HIGH_SPEED: "gauge", if_mib.RENEWED: "timeticks",
}  # fmt: skip
SCRIPT = """#!/bin/sh
# snmpd asks: -g OID
[ "$1" = -g ] && [ -s "$(dirname "$0")/port/$2" ] && cat "$(dirname "$0")/port/$2"
"""


@dataclass(frozen=True, slots=True)
class MadeUp:
    """The port that is made up."""

    folder: Path

    def say(self, **columns: object) -> None:
        """What it says from now on, by the names of ``agent.snmp.port``; None takes a value away."""
        for name, value in columns.items():
            column = getattr(if_mib, name)
            variable = f"{column}.{MADE_UP}"
            text = "" if value is None else f"{variable}\n{KINDS[column]}\n{value}\n"
            draft = self.folder / "draft"
            draft.write_text(text)
            draft.replace(self.folder / variable)


@dataclass(frozen=True, slots=True)
class Gateway:
    """An snmpd that answers."""

    folder: Path
    host: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def made_up(self) -> MadeUp:
        return MadeUp(self.folder / "port")

    def settings(self, interface: str | int, conf: str = V2C, **more: object) -> SnmpSettings:
        path = credentials(self.folder, conf)
        return SnmpSettings((self.host, self.port), interface, credentials=str(path), **more)  # type: ignore[arg-type]


def credentials(folder: Path, conf: str, mode: int = 0o600) -> Path:
    """A file named snmp.conf in a folder of its own."""
    place = folder / f"conf-{abs(hash(conf))}"
    place.mkdir(exist_ok=True)
    (place / "snmp.conf").write_text(conf)
    (place / "snmp.conf").chmod(mode)
    return place / "snmp.conf"


@contextmanager
def snmpd(
    folder: Path, *, host: str = "127.0.0.1", port: int | None = None, within: Sequence[str] = ()
) -> Iterator[Gateway]:
    """A gateway that answers for as long as the block."""
    port = port or _free_port()
    (folder / "port").mkdir(exist_ok=True)
    (folder / "ask.sh").write_text(SCRIPT)
    (folder / "ask.sh").chmod(0o755)
    passes = "".join(f"pass -p 1 {column}.{MADE_UP} {folder}/ask.sh\n" for column in KINDS)
    (folder / "snmpd.conf").write_text(f"agentAddress udp:{host}:{port}\n{LETS_IN}{passes}")
    (folder / "snmpd.conf").chmod(0o600)
    words = ["snmpd", "-f", "-C", "-c", str(folder / "snmpd.conf"), "-Lf", str(folder / "snmpd.log")]
    process = subprocess.Popen(
        [*within, *words, "-I", "-smux", "-p", str(folder / "snmpd.pid")],
        env={"PATH": SBIN, "SNMP_PERSISTENT_DIR": str(folder / "kept"), "MIBS": ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    gateway = Gateway(folder, host, port, process)
    try:
        _wait(gateway, within)
        yield gateway
    finally:
        process.kill()
        process.wait()


def _wait(gateway: Gateway, within: Sequence[str]) -> None:
    conf = credentials(gateway.folder, V2C).parent
    end = time.monotonic() + 20
    while time.monotonic() < end:
        done = subprocess.run(
            [
                *within,
                "snmpget",
                "-m",
                "",
                "-t",
                "1",
                "-r",
                "0",
                f"udp:{gateway.host}:{gateway.port}",
                if_mib.UPTIME,
            ],
            env={"PATH": SBIN, "SNMPCONFPATH": str(conf), "SNMP_PERSISTENT_DIR": "/dev/null"},
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return
    raise AssertionError((gateway.folder / "snmpd.log").read_text())


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
