"""The ways by which notices go out: mail, a webhook, and what Apprise knows. Each is tried apart from the
others.

Mail and Apprise get all that is due in one message; a webhook gets one POST for each notice. A webhook's
body is signed (HMAC-SHA256, RFC 2104) over its time and itself, so that its receiver can tell who sent it
and when, and refuse one that is sent again later:

    Bandgap-Signature: t=1764000000,v1=<hex of HMAC-SHA256(secret, "1764000000." + body)>

Mail and Apprise speak the language of ``[pages]``; a webhook, which programs read, English.

Libraries are loaded when there is something to tell.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collector.settings import AlertSettings, Settings
from collector.watch.outbox import Channel, Notice
from collector.watch.words import sentence, subject
from reports.faults import ConfigFault, Fault
from reports.languages import spoken
from reports.mail.settings import EmailSettings
from reports.wire import plain
from reports.wording import Language

log = logging.getLogger("bandgap.collector")

PATIENCE_S = 20.0
TELLING_S = 180.0
"""How long a webhook is told of what is due; what is left then is tried later, well before the claim runs
out."""
SHORTEST_SECRET = 16

Tell = Callable[[Sequence[Notice], datetime], Mapping[int, str]]
"""Tells notices; returns why of those, by number, that weren't taken. Raises Fault when none was."""


@dataclass(frozen=True, slots=True)
class Way:
    """One channel that is set: to whom, as a person reads it, and how."""

    channel: Channel
    where: str
    tell: Tell


def ways(settings: Settings) -> list[Way]:
    """The channels that are set."""
    alerts, email, language = settings.alerts, settings.email, settings.pages.language
    found = []
    if email.to:
        found.append(Way("mail", ", ".join(email.to), lambda due, now: _mail(email, language, due, now)))
    if alerts.webhook is not None:
        found.append(Way("webhook", alerts.webhook, lambda due, now: _webhook(alerts, due, now)))
    if alerts.apprise_file is not None:
        file = alerts.apprise_file
        found.append(Way("apprise", file, lambda due, now: _apprise(file, language, due)))
    return found


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    """The header's value for a body that is sent at a moment."""
    seconds = int(at.timestamp())
    made = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={made}"


def webhook_body(notice: Notice) -> bytes:
    """One notice as JSON. ``id`` is the same however often it is sent."""
    told = {
        "id": f"{notice.episode}.{notice.event}",
        "event": notice.event,
        "kind": notice.kind,
        "site": {"id": notice.site_id, "name": notice.site.name},
        "since": plain(notice.since),
        "until": plain(notice.until),
        "reason": notice.reason,
        "figures": plain(notice.figures),
        "sentence": sentence(notice),
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _mail(
    settings: EmailSettings, language: Language, due: Sequence[Notice], now: datetime
) -> Mapping[int, str]:
    from email.headerregistry import Address
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime

    from reports.mail.delivery import hand_over
    from reports.mail.password import read_password

    if settings.sender is None or not (settings.smtp or settings.sendmail):
        raise ConfigFault("to mail alerts, set email.sender and email.smtp in collector.toml")
    password = None
    if settings.smtp is not None and settings.user is not None:
        password = read_password(settings.password_file, os.environ)
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = _mailbox(Address, settings.sender)
    message["To"] = [_mailbox(Address, each) for each in settings.to]
    message["Subject"], words = _in_words(due, language)
    message["Date"] = format_datetime(now)
    marks = hashlib.sha256(repr([(one.episode, one.event) for one in due]).encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{marks}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(words + "\n")
    refused = hand_over(message, settings, password)
    by_whom = "; ".join(f"{each} ({said})" for each, said in refused.items())
    if refused and len(refused) == len(settings.to):
        raise Fault(by_whom)
    if refused:
        log.warning("alerts: %s refuses %s; the others have it", settings.where, by_whom)
    return {}


def _in_words(due: Sequence[Notice], language: Language) -> tuple[str, str]:
    """The subject of all that is due, and a line for each, in the language that the settings name."""
    with spoken(language):
        return _one_line(subject(list(due))), "\n".join(_one_line(sentence(one), 400) for one in due)


def _mailbox(make: Callable[..., object], spec: str) -> object:
    local, _, domain = spec.rpartition("@")
    return make(username=local, domain=domain)


def _one_line(words: str, longest: int = 150) -> str:
    """Names come from gateways: what could end a line, or hide, is a space (agent/mail/message.py)."""
    plain_words = "".join(sign if sign.isprintable() else " " for sign in words).replace("=?", "= ?")
    return plain_words if len(plain_words) <= longest else plain_words[: longest - 1] + "…"


def _webhook(settings: AlertSettings, due: Sequence[Notice], now: datetime) -> Mapping[int, str]:
    import requests

    secret = read_secret(settings.webhook_secret_file)
    faults: dict[int, str] = {}
    assert settings.webhook is not None
    until_s, gone = time.monotonic() + TELLING_S, None
    with requests.Session() as session:
        for notice in due:
            if gone or time.monotonic() > until_s:
                # What can't be reached now can't be reached for the rest either.
                faults[notice.key] = gone or "takes too long for all that is due"
                continue
            body = webhook_body(notice)
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "bandgap",
                "Bandgap-Signature": signature(secret, body, now),
            }
            try:
                answer = session.post(
                    settings.webhook, data=body, headers=headers, timeout=PATIENCE_S, allow_redirects=False
                )
            except requests.RequestException as fault:
                late = isinstance(fault, requests.Timeout)
                gone = faults[notice.key] = "didn't answer in time" if late else "can't be reached"
                continue
            if not 200 <= answer.status_code < 300:
                faults[notice.key] = f"answered HTTP {answer.status_code}"
    return faults


def read_secret(named: str) -> bytes:
    """What a webhook's bodies are signed with. Raises ConfigFault."""
    path = Path(named)
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigFault(f"{path}: others may read the webhook's secret; run: chmod 600 {path}")
        secret = path.read_bytes().strip()
    except OSError as fault:
        raise ConfigFault(
            f"{path}: the webhook's secret can't be read: {fault.strerror}; see alerts.webhook_secret_file"
        ) from None
    if len(secret) < SHORTEST_SECRET:
        raise ConfigFault(f"{path}: the webhook's secret is shorter than {SHORTEST_SECRET} characters")
    return secret


def _apprise(file: str, language: Language, due: Sequence[Notice]) -> Mapping[int, str]:
    try:
        import apprise
    except ImportError:
        raise ConfigFault(
            "alerts.apprise_file: Apprise isn't installed; install it with: pip install 'bandgap[apprise]'"
        ) from None
    told = apprise.Apprise()
    for url in read_addresses(file):
        if not told.add(url):
            raise ConfigFault(f"{file}: a line is no address that Apprise knows")
    title, body = _in_words(due, language)
    if not told.notify(title=title, body=body):
        raise Fault(f"{file}: Apprise couldn't tell all of them")
    return {}


def read_addresses(file: str) -> list[str]:
    """Apprise's addresses, a line each; they hold passwords, so only their owner may read them."""
    path = Path(file)
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigFault(f"{path}: others may read Apprise's addresses; run: chmod 600 {path}")
        lines = [line.strip() for line in path.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigFault(f"{path}: Apprise's addresses can't be read: {fault}") from None
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise ConfigFault(f"{path}: no address, expected one of Apprise's on each line")
    return found
