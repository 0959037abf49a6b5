"""The journal gets one entry an event, with its parts as fields: read here as journald reads them."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import journal
from reports.log_entries import JournalHandler
from tests.commands import ROOT


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket as journald has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.settimeout(60)
        yield listening


def entry(journald: socket.socket) -> dict[str, str]:
    """The next datagram, read by the protocol's rules: NAME=value, or NAME, length and value."""
    rest, found = journald.recv(1 << 20), {}
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + length], rest[8 + length + 1 :]
        found[name.decode()] = value.decode()
    return found


@pytest.fixture
def log(journald: socket.socket) -> logging.Logger:
    made = logging.Logger("bandgap.test")  # apart from every other logger
    made.addHandler(JournalHandler("bandgap-agent", journald.getsockname()))
    return made


def test_values_with_a_name_are_fields(journald: socket.socket, log: logging.Logger) -> None:
    log.warning("%(child)s was ended by signal %(signal)d", {"child": "the upload", "signal": 9})
    found = entry(journald)
    assert found["MESSAGE"] == "the upload was ended by signal 9"
    assert found["PRIORITY"] == "4"
    assert found["SYSLOG_IDENTIFIER"] == "bandgap-agent"
    assert found["BANDGAP_EVENT"] == "%(child)s was ended by signal %(signal)d"
    assert (found["BANDGAP_CHILD"], found["BANDGAP_SIGNAL"]) == ("the upload", "9")
    assert found["CODE_FUNC"] == "test_values_with_a_name_are_fields"


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        (logging.DEBUG, "7"),
        (logging.INFO, "6"),
        (logging.WARNING, "4"),
        (logging.ERROR, "3"),
        (logging.CRITICAL, "2"),
    ],
)
def test_each_level_has_its_priority(
    journald: socket.socket, log: logging.Logger, level: int, priority: str
) -> None:
    log.log(level, "words")
    assert entry(journald)["PRIORITY"] == priority


def test_an_event_is_one_line_whatever_is_in_it(journald: socket.socket, log: logging.Logger) -> None:
    """Nobody writes a second entry into the first: a value with lines keeps them, by its length."""
    forged = "north\nMESSAGE=all is well\nPRIORITY=6"
    log.error("upload of %(site)s refused", {"site": forged})
    found = entry(journald)
    assert found["MESSAGE"] == "upload of north MESSAGE=all is well PRIORITY=6 refused"
    assert found["BANDGAP_SITE"] == forged
    assert found["PRIORITY"] == "3"


def test_a_traceback_is_a_field(journald: socket.socket, log: logging.Logger) -> None:
    try:
        raise ValueError("a number was expected")
    except ValueError:
        log.exception("it failed")
    found = entry(journald)
    assert found["MESSAGE"] == "it failed"
    assert found["BANDGAP_TRACEBACK"].endswith("ValueError: a number was expected")


def test_a_value_without_end_is_cut(journald: socket.socket, log: logging.Logger) -> None:
    log.info("%(words)s", {"words": "x" * 1_000_000})
    assert len(entry(journald)["BANDGAP_WORDS"]) == journal.LONGEST_OCTETS


def test_without_a_journal_the_words_are_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = logging.Logger("bandgap.test")
    made.addHandler(JournalHandler("bandgap-agent", str(tmp_path / "nobody")))
    made.warning("%(interface)s is gone", {"interface": "eth0"})
    assert capsys.readouterr().err == "WARNING eth0 is gone\n"


def test_a_commands_event_is_a_line_where_stderr_is_no_journal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """JOURNAL_STREAM is inherited by what redirects stderr: device and inode say whether it still is."""
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    assert not journal.listens(os.environ)
    journal.tell("upload", "2 summaries sent")
    assert capsys.readouterr().err == "INFO upload: 2 summaries sent\n"


def test_a_process_without_journal_logs_lines() -> None:
    """In a process of its own, since it sets up logging for good."""
    told = (
        "import logging, sys; from reports.log_entries import begin; begin('x', {'JOURNAL_STREAM': '1:1'}); "
        "logging.getLogger('bandgap').info('%(a)s', {'a': 1})"
    )
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "INFO 1\n"
