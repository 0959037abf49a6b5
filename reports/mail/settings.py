"""The table ``[email]``: to whom the weekly report goes, from whom, and by which way.

A mail server takes it by SMTP, or where none is set the local mailer's ``sendmail``. A password is never in
here but in a file of its own (``reports/mail/password.py``), and never goes over a connection without TLS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from reports.settings import setting

Security = Literal["starttls", "tls", "none"]

_LOCAL = re.compile(r"[^\s\x00-\x20\x7f()<>@,;:\\\"\[\].]+(\.[^\s\x00-\x20\x7f()<>@,;:\\\"\[\].]+)*")
_DOMAIN = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def address(raw: object) -> str:
    """A mailbox as RFC 5321 and 6531 have it, without quotes or a name; its domain as DNS has it.

    Raises ValueError.
    """
    if not isinstance(raw, str) or len(raw) > 254 or not raw.isprintable():
        raise ValueError(raw)
    local, at, domain = raw.rpartition("@")
    ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
    if (
        not at
        or not _LOCAL.fullmatch(local)
        or len(local.encode()) > 64
        or not _DOMAIN.fullmatch(ascii_domain)
    ):
        raise ValueError(raw)
    return f"{local}@{ascii_domain}"


def _addresses(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise ValueError(raw)
    return tuple(dict.fromkeys(address(each) for each in raw))


def _server(raw: object) -> tuple[str, int]:
    """`"mail.example.org:587"` or `"[2001:db8::25]:587"` as host and port. Raises ValueError."""
    parts = urlsplit(f"//{raw}") if isinstance(raw, str) else None
    if parts is None or not parts.hostname or not parts.port or parts.netloc != raw or parts.username:
        raise ValueError(raw)
    if ":" not in parts.hostname and not _DOMAIN.fullmatch(parts.hostname):
        raise ValueError(raw)
    return parts.hostname, parts.port


def _user(raw: object) -> str:
    """What smtplib can show to a server."""
    if not isinstance(raw, str) or not raw or not raw.isascii() or not raw.isprintable():
        raise ValueError(raw)
    return raw


def _path(raw: object) -> str:
    if not isinstance(raw, str) or not raw.startswith("/"):
        raise ValueError(raw)
    return raw


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """Without ``smtp`` or ``sendmail`` nothing is mailed. ``sender`` is the address that answers go to."""

    to: tuple[str, ...] = setting(
        (), parse=_addresses, expect='a list of addresses as in ["office@school.example.org"]'
    )
    sender: str | None = setting(None, parse=address, expect='an address as in "bandgap@school.example.org"')
    smtp: tuple[str, int] | None = setting(
        None, parse=_server, expect='a mail server with its port as in "mail.example.org:587"'
    )
    security: Security = "starttls"
    user: str | None = setting(None, parse=_user, expect="a user name in ASCII")
    password_file: str = setting("/etc/bandgap/smtp-password", parse=_path, expect="an absolute path")
    sendmail: str | None = setting(None, parse=_path, expect='an absolute path as in "/usr/sbin/sendmail"')
    ca_file: str | None = None

    @property
    def where(self) -> str:
        """Who takes the mail, as a person writes it."""
        if self.smtp is None:
            return self.sendmail or "nobody"
        host, port = self.smtp
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def wrong(self) -> str | None:
        """What doesn't fit together, as `key: what`, or None."""
        if self.user is None or self.security != "none":
            return None
        return (
            'security: found "none" beside user, expected "starttls" or "tls", for no password goes in clear'
        )
