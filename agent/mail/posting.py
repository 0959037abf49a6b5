"""`bandgap report --email`: one week's report to each address once.

Who has a week's report is noted in the store, address by address: where a server took it for some only, a
later try goes to the others. A week that still runs is another mail than the same week when it is over. The
note is written once before anything is sent, so that a store that takes nothing can't make a mail a day.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from agent import paths, store
from agent.installation import Installation
from agent.mail.message import compose
from reports.faults import ConfigFault, Fault, UsageFault
from reports.mail.delivery import hand_over
from reports.mail.password import read_password
from reports.mail.settings import EmailSettings, address
from reports.week import WeeklyReport

LOCK = "email.lock"


def post(
    place: Installation,
    report: WeeklyReport,
    named: Sequence[str],
    at: datetime,
    *,
    again: bool = False,
    size: str = "a4",
) -> int:
    """Mails the report to those named, or else set, who don't have it yet; returns the exit code.

    ``size`` is the paper of a PDF.
    """
    settings = place.config.email
    recipients = _recipients(settings, named)
    sender, password = _sender(place, recipients), None
    if settings.smtp is not None and settings.user is not None:
        password = read_password(settings.password_file, os.environ)
    with _one_at_a_time(place.state), closing(place.open()) as connection:
        key = _key(report)
        have = _have(connection, key)
        lacking = [each for each in recipients if again or each not in have]
        if not lacking:
            print(f"{report.period.label}: {', '.join(recipients)} have it already; --again sends it again")
            return 0
        _note(place, connection, key, have)
        message = compose(report, sender, lacking, at, again=again, size=size)
        refused = hand_over(message, settings, password)
        taken = [each for each in lacking if each not in refused]
        have |= {each: at.isoformat(timespec="seconds") for each in taken}
        _note(place, connection, key, have)
    print(f"{report.period.label}: handed to {settings.where} for {', '.join(taken)}")
    if refused:
        words = "; ".join(f"{each} ({said})" for each, said in refused.items())
        if any(said.startswith("4") for said in refused.values()):
            raise Fault(f"{settings.where}: refuses {words}; the same command tries these again")
        raise ConfigFault(f"{settings.where}: refuses {words}; see email.to")
    return 0


def _recipients(settings: EmailSettings, named: Sequence[str]) -> tuple[str, ...]:
    found = []
    for each in named:
        try:
            found.append(address(each))
        except ValueError:
            raise UsageFault(f'--to: found "{each}", expected an address as in office@example.org') from None
    return tuple(dict.fromkeys(found)) or settings.to


def _sender(place: Installation, recipients: Sequence[str]) -> str:
    """The sender's address, once the settings suffice. Raises ConfigFault."""
    settings = place.config.email
    wanted = {
        "email.to": recipients,
        "email.sender": settings.sender,
        "email.smtp or email.sendmail": settings.smtp or settings.sendmail,
    }
    if missing := [key for key, value in wanted.items() if not value]:
        where = place.config.path or "agent.toml (see `bandgap config show`)"
        raise ConfigFault(f"To send e-mail, set {', '.join(missing)} in {where}.")
    return settings.sender or ""


def _key(report: WeeklyReport) -> str:
    return f"emailed {report.period.label}" + ("" if report.summary.complete else " so far")


def _have(connection: sqlite3.Connection, key: str) -> dict[str, str]:
    noted: Mapping[str, str] = json.loads(store.noted(connection, key) or "{}")
    return dict(noted)


def _note(place: Installation, connection: sqlite3.Connection, key: str, have: Mapping[str, str]) -> None:
    try:
        store.note(connection, key, json.dumps(have))
    except sqlite3.Error as fault:
        raise store.in_words(fault, place.state / store.FILE) from None


@contextmanager
def _one_at_a_time(state: Path) -> Iterator[None]:
    """A person and the timer at once would both find that nobody has it."""
    with open(paths.usable(state) / LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Fault(f"{state / LOCK}: another process is mailing a report") from None
        yield
