"""The weekly report as a message: plain text, the page beside it, and a file to keep.

The text and the page are alternatives (RFC 2046, 5.1.4). Many mail programs leave a page's charts out, so it
comes along as a file too: as PDF where there is that format, else as the page itself. ``Auto-Submitted``
keeps vacation notices from answering (RFC 3834). Whatever isn't printable leaves names before they enter a
header. Bodies are 7 bits wide, so that no server on the way has to make them so.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from reports.faults import Fault
from reports.formats.table import FORMATS
from reports.period_words import period_name
from reports.week import WeeklyReport
from reports.week_words import headline

Formats = Mapping[str, Callable[[WeeklyReport], str | bytes]]

LONGEST_SITE = 60
LONGEST_SUBJECT = 150


def compose(
    report: WeeklyReport,
    sender: str,
    recipients: Sequence[str],
    at: datetime,
    *,
    again: bool = False,
    size: str = "a4",
    formats: Formats = FORMATS,
) -> EmailMessage:
    """The message to all of ``recipients``, sent at ``at``."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = _mailbox(sender, _one_line(report.site.name, LONGEST_SITE))
    message["To"] = [_mailbox(each) for each in recipients]
    message["Subject"] = subject(report)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = _message_id(report, sender, at if again else None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text(formats["text"], report))
    page = _text(formats["html"], report)
    message.add_alternative(page, subtype="html")
    name = f"bandgap-{report.period.label}"
    pdf = _pdf(formats, report, "pdf-letter" if size == "letter" else "pdf")
    if pdf is None:
        message.add_attachment(page, subtype="html", filename=f"{name}.html")
    else:
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return message


def subject(report: WeeklyReport) -> str:
    """`Bluestem School, week 47 of 2026: Short of SETDA 2020-21 by 415 Mbps`: the verdict, shortened."""
    period = period_name(report.period)
    verdict = headline(report).partition(": ")[0].rstrip(".")
    words = f"{_one_line(report.site.name, LONGEST_SITE)}, {period[:1].lower()}{period[1:]}: {verdict}"
    return _one_line(words, LONGEST_SUBJECT)


def _mailbox(spec: str, name: str = "") -> Address:
    local, _, domain = spec.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _one_line(words: str, longest: int) -> str:
    """Text for a header: what could end a line, or hide, is a space.

    Python's email package decodes an encoded word (RFC 2047) that a name brings along, line ends and all.
    """
    plain = "".join(sign if sign.isprintable() else " " for sign in words).replace("=?", "= ?")
    return textwrap.shorten(plain, longest, placeholder="…")


def _message_id(report: WeeklyReport, sender: str, again_at: datetime | None) -> str:
    """The same for the same week: a server that took the message and could not say so any more, and is handed
    it again, or the reader's mail program, can tell that there is one."""
    marks = (report.site.id, report.site.name, sender, report.summary.id, again_at)
    digest = hashlib.sha256(repr(marks).encode()).hexdigest()[:32]
    return f"<{report.period.label}.{digest}@{sender.rpartition('@')[2]}>"


def _text(form: Callable[[WeeklyReport], str | bytes], report: WeeklyReport) -> str:
    made = form(report)
    return made if isinstance(made, str) else made.decode()


def _pdf(formats: Formats, report: WeeklyReport, form: str) -> bytes | None:
    """None where there is no such format, or what it needs isn't installed here."""
    if form not in formats:
        return None
    try:
        made = formats[form](report)
    except Fault:
        return None
    return made if isinstance(made, bytes) else made.encode()
