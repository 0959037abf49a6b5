"""Writes entries to systemd's journal, each event one entry with its parts as fields.

The journal's own protocol by hand (systemd.io, "Native Journal Protocol"): one datagram of fields. Python has
it in python3-systemd, which is not in every distribution and costs a resident agent a megabyte. Where stderr
doesn't end in the journal, the same words are a line there. Log records come by ``reports/log_entries.py``,
which is apart because a scheduled test does without ``logging``.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping

SOCKET = "/run/systemd/journal/socket"
LONGEST_OCTETS = 16_384
"""Of one field; all of an entry must go into one datagram."""
ERROR, INFO = 3, 6
"""Priorities (syslog(3))."""
_NAMES = {ERROR: "ERROR", INFO: "INFO"}


def listens(environ: Mapping[str, str]) -> bool:
    """Whether stderr ends in the journal: the stream that systemd names (JOURNAL_STREAM, systemd.exec(5))."""
    try:
        at = os.fstat(2)
    except OSError:
        return False
    return environ.get("JOURNAL_STREAM") == f"{at.st_dev}:{at.st_ino}" and os.path.exists(SOCKET)


def tell(kind: str, words: str, priority: int = INFO) -> None:
    """One event of the agent's short-lived commands, such as ``upload``: an entry, or a line on stderr."""
    line = f"{kind}: {words}"
    if listens(os.environ):
        fields = {"MESSAGE": line, "PRIORITY": priority, "SYSLOG_IDENTIFIER": "bandgap-agent"}
        if send({**fields, "BANDGAP_EVENT": f"{kind}: %(words)s", "BANDGAP_WORDS": words}):
            return
    print(f"{_NAMES[priority]} {line}", file=sys.stderr)


def send(fields: Mapping[str, object], address: str = SOCKET) -> bool:
    """Hands an entry to the journal; says whether it took it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
        way.setblocking(False)  # a journal that doesn't read must not hold the work
        try:
            way.sendto(b"".join(_field(name, str(value)) for name, value in fields.items()), address)
        except OSError:
            return False
    return True


def _field(name: str, value: str) -> bytes:
    if name == "MESSAGE":
        value = " ".join(value.splitlines())
    octets = value.encode(errors="replace")[:LONGEST_OCTETS]
    if b"\n" not in octets:
        return b"%s=%s\n" % (name.encode(), octets)
    return b"%s\n%s%s\n" % (name.encode(), len(octets).to_bytes(8, "little"), octets)
