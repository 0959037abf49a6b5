"""How the gateway lets us in: a file in net-snmp's own form, which only its owner may read.

net-snmp reads version, community, user and passphrases from ``snmp.conf`` in the folder that SNMPCONFPATH
names; on its command line every user of this machine could read them. systemd hands the file over as the
credential ``snmp.conf`` ($CREDENTIALS_DIRECTORY).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from agent.snmp.settings import NAMED
from reports.faults import ConfigFault

STAND_IN = "none"
"""What the unit hands over where there is no such file."""

WHO = re.compile(r"(?mi)^\s*(defCommunity|defSecurityName)\s+\S")
VERSION = re.compile(r"(?mi)^\s*defVersion\s+(2c|3)\s*$")


def folder(named: str, environ: Mapping[str, str]) -> Path:
    """The folder for SNMPCONFPATH. Raises ConfigFault when the file is missing, open to others or useless."""
    path = Path(named)
    handed_over = Path(environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / NAMED
    if handed_over.is_file() and handed_over.read_text(errors="replace").strip() != STAND_IN:
        path = handed_over
    try:
        mode = path.stat().st_mode
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        raise ConfigFault(
            f"{path}: no such file; it says how the gateway lets us in (see snmp.credentials)"
        ) from None
    except OSError as fault:
        raise ConfigFault(f"{path}: can't be read: {fault.strerror}") from None
    if path != handed_over and mode & 0o077:
        raise ConfigFault(f"{path}: others may read it (mode {mode & 0o777:o}); run: chmod 600 {path}")
    if not VERSION.search(text):
        raise ConfigFault(f'{path}: expected a line "defVersion 2c" or "defVersion 3"')
    if not WHO.search(text):
        raise ConfigFault(f'{path}: expected a line "defCommunity ..." or "defSecurityName ..."')
    return path.parent
