"""Log records as entries of systemd's journal (``reports/journal.py``), or as lines on stderr without one.

A field is what a record already has: its priority, where it was made, its words with the values left out
(``BANDGAP_EVENT``, the same for each event of a kind), and each value that has a name in those words
(``log.info("%(child)s ended", {"child": ...})`` becomes ``BANDGAP_CHILD``).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping

from reports import journal

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def begin(identifier: str, environ: Mapping[str, str], *, dated: bool = True) -> None:
    """Sends what this process logs to the journal if its stderr ends there, else to stderr as lines."""
    if journal.listens(environ):
        logging.basicConfig(level=logging.INFO, handlers=[JournalHandler(identifier)])
        return
    stamp = "%(asctime)s " if dated and "JOURNAL_STREAM" not in environ else ""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"{stamp}%(levelname)s %(message)s")


class JournalHandler(logging.Handler):
    """Hands records to the journal; what it can't take goes to stderr, which ends there or nowhere."""

    def __init__(self, identifier: str, address: str = journal.SOCKET) -> None:
        super().__init__()
        self._identifier, self._address = identifier, address

    def emit(self, record: logging.LogRecord) -> None:
        if not journal.send(fields(record, self._identifier), self._address):
            sys.stderr.write(f"{record.levelname} {record.getMessage()}\n")


def fields(record: logging.LogRecord, identifier: str) -> dict[str, object]:
    """What an entry says of a record."""
    found: dict[str, object] = {
        "MESSAGE": record.getMessage(),
        "PRIORITY": next((number for level, number in _PRIORITIES if record.levelno >= level), 7),
        "SYSLOG_IDENTIFIER": identifier,
        "LOGGER": record.name,
        "CODE_FILE": record.pathname,
        "CODE_LINE": record.lineno,
        "CODE_FUNC": record.funcName,
        "BANDGAP_EVENT": record.msg,
    }
    if isinstance(record.args, Mapping):
        found |= {f"BANDGAP_{name.upper()}": value for name, value in record.args.items()}
    if record.exc_info:
        found["BANDGAP_TRACEBACK"] = logging.Formatter().formatException(record.exc_info)
    return found
