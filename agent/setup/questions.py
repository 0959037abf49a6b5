"""What is asked of whoever sets a gateway up, and what may stand in a file of answers.

A file of answers is a piece of agent.toml, any of its keys, and beside it ``[enrolment] code``. Flags come
before the file, the file before what the settings say already, and that before what is found on the machine.
"""

from __future__ import annotations

import re
import socket
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agent import counters, wan
from agent.config import KINDS
from reports.faults import ConfigFault
from reports.settings import nearest, read_table, read_tables

ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``needed``: there is no verdict without it, and nobody but a person knows."""

    table: str
    key: str
    flag: str
    asks: str
    kind: Literal["text", "number"] = "text"
    needed: bool = False

    def value(self, typed: str) -> str | int | float:
        """What was typed as the settings have it. Raises ConfigFault, one line that says what is expected."""
        value: str | int | float = typed
        if self.kind == "number":
            plain = typed.replace(",", "").removesuffix("Mbps").strip()
            if re.fullmatch(r"\d{1,12}", plain):
                value = int(plain)
            elif re.fullmatch(r"\d{1,12}\.\d+", plain):
                value = float(plain)
        self.check(value)
        return value

    def check(self, value: object) -> None:
        read_table(KINDS[self.table], {self.key: value}, f"[{self.table}]")


COLLECTOR = Question("upload", "collector", "--collector", "Collector's address")
SITE = Question("site", "id", "--site", "The site's id")
INTERFACE = Question("measure", "interface", "--interface", "Interface to the Internet")
REST = (
    Question("site", "name", "--name", "The school's name"),
    Question("site", "students", "--students", "Students", "number", needed=True),
    Question("site", "staff", "--staff", "Staff", "number", needed=True),
    Question("site", "timezone", "--timezone", "Time zone"),
    Question("contract", "down_mbps", "--down", "Contract, Mbps down", "number", needed=True),
    Question("contract", "up_mbps", "--up", "Contract, Mbps up", "number"),
    INTERFACE,
)
ALL = (COLLECTOR, SITE, *REST)


def from_file(path: Path) -> tuple[dict[str, dict[str, Any]], str | None]:
    """The answers of a file, and the enrolment code in it. Raises ConfigFault."""
    try:
        data = tomllib.loads(path.read_bytes().decode())
    except OSError as fault:
        raise ConfigFault(f"{path}: can't be read: {fault.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ConfigFault(f"{path}: not valid TOML: {fault}") from None
    enrolment = data.pop(ENROLMENT, {})
    if not isinstance(enrolment, Mapping) or not all(isinstance(one, str) for one in enrolment.values()):
        raise ConfigFault(f'{path}: [{ENROLMENT}]: expected a table with code = "..."')
    if unknown := [key for key in enrolment if key != "code"]:
        raise ConfigFault(f"{path}: [{ENROLMENT}] {unknown[0]}: unknown key{nearest(unknown[0], ['code'])}")
    read_tables(KINDS, data, str(path))
    return data, enrolment.get("code")


def found_here(zone: str) -> dict[str, dict[str, Any]]:
    """What the machine itself suggests."""
    host = socket.gethostname().partition(".")[0]
    found: dict[str, dict[str, Any]] = {
        "site": {"name": host, "timezone": zone},
        "measure": {"interface": "auto"},
    }
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", host):
        found["site"]["id"] = host
    return found


def port_words(interface: str) -> tuple[str, float | None]:
    """An interface with its speed in words, "auto" as the one that it stands for now; and the speed."""
    name = wan.default_interface() if interface == "auto" else interface
    if name is None:
        return "auto: none has a default route now", None
    link = counters.link(name)
    state = f"{link.speed_mbps:g} Mbps" if link.speed_mbps else "up" if link.up else "down"
    return f"{'auto: ' if interface == 'auto' else ''}{name}, {state}", link.speed_mbps
