"""Asks the gateway, with net-snmp's own programs: one ``snmpget`` a reading, and a walk to find the port.

They are on every distribution, speak version 2c and 3 with all its ciphers, take 10 ms at most, and leave
nothing resident. The loop asks in a copy of itself, for it must not wait. A port's number may change when
the gateway restarts: where the port is known by name, each reading checks it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent import clock
from agent.snmp import credentials, port
from agent.snmp.port import PortReading
from agent.snmp.settings import NAMED, SnmpSettings
from reports.faults import Fault

LIMIT_S = 8.0
PATIENCE = ("-t", "1.5", "-r", "1")
"""Seconds to an answer, and how often to ask again; version 3 may ask two things."""
NAMES_SHOWN = 8

SAYS = (
    ("Timeout", "no answer: does it take SNMP from this machine, and is all in {conf} right?"),
    ("Authentication failure", "it refuses the passphrase in {conf}"),
    ("Unknown user name", "it doesn't know the user in {conf}"),
    ("Decryption error", "it refuses the second passphrase in {conf}"),
    ("authorizationError", "the user in {conf} may not read it that way (see defSecurityLevel)"),
    ("Unsupported security level", "the user in {conf} can't be had that way (see defSecurityLevel)"),
    ("below the length requirements", "a passphrase in {conf} is shorter than the 8 signs of SNMPv3"),
    ("Unknown host", "the name can't be resolved"),
)
"""What net-snmp says, and what a person can do about it."""


class NotAnswered(Fault):
    """The gateway gave no reading; one line says why."""


def ask(settings: SnmpSettings, environ: Mapping[str, str], index: int | None = None) -> PortReading:
    """One reading; ``index`` is the port's number as it was last time. Raises Fault."""
    conf = credentials.folder(settings.credentials, environ)
    if isinstance(settings.interface, int):
        index = settings.interface
    found = _get(settings, conf, index) if index is not None else {}
    if isinstance(settings.interface, str) and (
        index is None or settings.interface not in port.names(found, index)
    ):
        index = _find(settings, conf, settings.interface)
        found = _get(settings, conf, index)
    assert index is not None, "an address without an interface is refused with the settings"
    try:
        return port.reading(found, index, settings.side, clock.uptime_s())
    except ValueError:
        raise NotAnswered(f"gateway {settings.where}: no port {settings.interface} with counters") from None


def _get(settings: SnmpSettings, conf: Path, index: int) -> dict[str, str]:
    return port.values(_run(settings, conf, "snmpget", port.variables(index)))


def _find(settings: SnmpSettings, conf: Path, name: str) -> int:
    """The number of the port of that ifName, or of that ifDescr."""
    known: list[str] = []
    for column in (port.NAME, port.DESCRIPTION):
        for variable, value in port.values(_run(settings, conf, "snmpbulkwalk", [column])).items():
            if value == name:
                return int(variable.rpartition(".")[2])
            known += [value] if value not in known else []
    shown = ", ".join(known[:NAMES_SHOWN]) + (", ..." if len(known) > NAMES_SHOWN else "")
    raise NotAnswered(f'gateway {settings.where}: no port "{name}"; it has {shown or "none that it names"}')


def _run(settings: SnmpSettings, conf: Path, program: str, what: Sequence[str]) -> str:
    host, its_port = settings.address or ("", 0)
    target = f"udp6:[{host}]:{its_port}" if ":" in host else f"udp:{host}:{its_port}"
    try:
        done = subprocess.run(
            [program, "-m", "", "-Onqt", *PATIENCE, target, *what],
            # No MIB files, nothing kept, and no settings but those of the file.
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "SNMPCONFPATH": str(conf),
                "SNMP_PERSISTENT_DIR": "/dev/null",
                "MIBS": "",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
    except FileNotFoundError:
        raise NotAnswered(
            f"{program} isn't installed, which asks the gateway (Debian: apt install snmp)"
        ) from None
    except subprocess.TimeoutExpired:
        raise NotAnswered(f"gateway {settings.where}: no answer within {LIMIT_S:g} s") from None
    if done.returncode:
        raise NotAnswered(f"gateway {settings.where}: {_why(done.stderr, conf)}")
    return done.stdout


def _why(said: str, conf: Path) -> str:
    for sign, words in SAYS:
        if sign in said:
            return words.format(conf=conf / NAMED)
    return said.strip().rpartition("\n")[2] or "no reason given"
