"""Sends log records to systemd's journal with their parts as fields, one entry an event.

The journal's own protocol by hand (systemd.io, "Native Journal Protocol"): one datagram of fields. Python has
it in python3-systemd, which is not in every distribution and costs a resident agent a megabyte. A field
is what a record already has: its priority, where it was made, its words with the values left out
(``BANDGAP_EVENT``, the same for each event of a kind), and each value that has a name in those words
(``log.info("%(child)s ended", {"child": ...})`` becomes ``BANDGAP_CHILD``).
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Mapping

SOCKET = "/run/systemd/journal/socket"
LONGEST_OCTETS = 16_384
"""Of one field; all of an entry must go into one datagram."""

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def begin(identifier: str, environ: Mapping[str, str]) -> None:
    """Sends what this process logs to the journal if its stderr ends there, else to stderr as lines."""
    if _ours(environ.get("JOURNAL_STREAM", "")) and os.path.exists(SOCKET):
        logging.basicConfig(level=logging.INFO, handlers=[JournalHandler(identifier)])
        return
    stamp = "" if "JOURNAL_STREAM" in environ else "%(asctime)s "
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"{stamp}%(levelname)s %(message)s")


class JournalHandler(logging.Handler):
    """Hands records to the journal; what it can't take is lost, for the work matters more."""

    def __init__(self, identifier: str, address: str = SOCKET) -> None:
        super().__init__()
        self._identifier, self._address = identifier, address
        self._way = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._way.setblocking(False)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._way.sendto(entry(record, self._identifier), self._address)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Without the journal there is stderr, which also ends there or nowhere."""
        sys.stderr.write(f"{record.levelname} {record.getMessage()}\n")


def entry(record: logging.LogRecord, identifier: str) -> bytes:
    """A record as one datagram of fields."""
    fields = {
        "MESSAGE": " ".join(record.getMessage().splitlines()),
        "PRIORITY": next((number for level, number in _PRIORITIES if record.levelno >= level), 7),
        "SYSLOG_IDENTIFIER": identifier,
        "LOGGER": record.name,
        "CODE_FILE": record.pathname,
        "CODE_LINE": record.lineno,
        "CODE_FUNC": record.funcName,
        "BANDGAP_EVENT": record.msg,
    }
    if isinstance(record.args, Mapping):
        fields |= {f"BANDGAP_{name.upper()}": value for name, value in record.args.items()}
    if record.exc_info:
        fields["BANDGAP_TRACEBACK"] = logging.Formatter().formatException(record.exc_info)
    return b"".join(_field(name, str(value)) for name, value in fields.items())


def _field(name: str, value: str) -> bytes:
    octets = value.encode(errors="replace")[:LONGEST_OCTETS]
    if b"\n" not in octets:
        return b"%s=%s\n" % (name.encode(), octets)
    return b"%s\n%s%s\n" % (name.encode(), len(octets).to_bytes(8, "little"), octets)


def _ours(stream: str) -> bool:
    """Whether stderr is the journal's stream that systemd names (JOURNAL_STREAM, systemd.exec(5))."""
    try:
        at = os.fstat(2)
    except OSError:
        return False
    return stream == f"{at.st_dev}:{at.st_ino}"
