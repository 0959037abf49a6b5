"""The report as a message: every reader finds a part to read, and no name breaks out of its header."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime

import pytest

from agent.mail.message import Formats, compose, subject
from reports.faults import Fault
from reports.formats.as_html import html_page
from reports.formats.as_text import plain_text
from reports.mail.delivery import needs_smtputf8
from reports.week import WeeklyReport
from tests.reports.example_week import HOSTILE, meets_target, named, no_targets, short_of_target, too_early

AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SENDER, READER = "bandgap@school.example.org", "board@school.example.org"
PLAIN: Formats = {"text": plain_text, "html": html_page}


def sent(
    report: WeeklyReport, *, formats: Formats = PLAIN, again: bool = False, at: datetime = AT
) -> EmailMessage:
    """The message as its reader's program parses it."""
    made = compose(report, SENDER, [READER], at, again=again, formats=formats)
    found = message_from_bytes(made.as_bytes(), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_text_and_page_are_alternatives_and_the_page_is_a_file_too() -> None:
    """The text is what a terminal gets, to the letter."""
    report = short_of_target()
    message = sent(report)
    assert message.get_content_type() == "multipart/mixed"
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().replace("\r\n", "\n") == plain_text(report)
    assert page.get_content().replace("\r\n", "\n") == html_page(report)
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "bandgap-2026-W47.html"
    assert attached.get_content() == page.get_content()


def test_a_pdf_takes_the_files_place_where_there_is_that_format() -> None:
    message = sent(short_of_target(), formats={**PLAIN, "pdf": lambda _: b"%PDF-1.7 \xff\x00"})
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (
        "bandgap-2026-W47.pdf",
        "application/pdf",
    )
    assert attached.get_content() == b"%PDF-1.7 \xff\x00"


def test_a_pdf_that_cannot_be_made_here_keeps_no_mail_back() -> None:
    def not_installed(_: WeeklyReport) -> bytes:
        raise Fault("pdf: its library isn't installed")

    (attached,) = sent(short_of_target(), formats={**PLAIN, "pdf": not_installed}).iter_attachments()
    assert attached.get_filename() == "bandgap-2026-W47.html"


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (short_of_target, "Bluestem Consolidated School, week 47 of 2026: Short of SETDA 2023-24 by"),
        (meets_target, "Bluestem Consolidated School, week 47 of 2026: Meets SETDA"),
        (
            too_early,
            "Bluestem Consolidated School, week 47 of 2026: Not enough evidence yet for a verdict on SETDA",
        ),
        (no_targets, "Bluestem Consolidated School, week 47 of 2026: No verdict"),
    ],
)
def test_the_subject_is_the_verdict_without_its_details(report: object, words: str) -> None:
    """What an inbox shows suffices to decide whether to open it."""
    assert callable(report)
    found = subject(report())
    assert found.startswith(words) or words.split("SETDA")[0] in found
    assert len(found) <= 150
    assert ": " not in found.partition("of 2026: ")[2]


def test_headers_say_when_and_that_no_person_wrote_it() -> None:
    """RFC 5322 and RFC 3834."""
    message = sent(short_of_target())
    assert parsedate_to_datetime(message["Date"]) == AT
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == f"Bluestem Consolidated School <{SENDER}>"
    assert message["To"] == READER


def test_the_same_week_has_the_same_message_id_unless_it_is_sent_again() -> None:
    """A try after a cut connection may be the second of one message; --again is a message of its own."""
    later = AT + timedelta(hours=1)
    first = sent(short_of_target())["Message-ID"]
    assert first.endswith("@school.example.org>")
    assert sent(short_of_target(), at=later)["Message-ID"] == first
    assert sent(short_of_target(), at=later, again=True)["Message-ID"] != first
    assert sent(too_early())["Message-ID"] != first
    assert sent(named("Another School"))["Message-ID"] != first


@pytest.mark.parametrize(
    "name",
    [
        *HOSTILE.values(),
        "School\r\nBcc: everybody@example.com",
        "School\nBcc: everybody@example.com\n\n<script>",
        "School\rBcc: everybody@example.com",
        "School\u2028Bcc: everybody@example.com",
        "School\x00\x1b[2J",
        '"School" <fake@example.com>, other@example.com',
        "School, of (the) <sea>; @home \\",
        "=?utf-8?q?School=0D=0ABcc:_everybody=40example=2Ecom?=",
    ],
)
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    """One sender, one recipient, one subject, and no header that the name brought."""
    base = short_of_target()
    report = replace(base, site=replace(base.site, name=name))
    raw = compose(report, SENDER, [READER], AT, formats=PLAIN).as_bytes()
    head = raw.split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert len(names) == len(set(names))
    assert b"Bcc" not in names
    assert head.isascii()
    message = message_from_bytes(raw, policy=default)
    assert [each.addr_spec for each in message["From"].addresses] == [SENDER]
    assert [each.addr_spec for each in message["To"].addresses] == [READER]
    assert "\n" not in message["Subject"]


def test_names_beyond_ascii_reach_the_reader_whole() -> None:
    """As encoded words (RFC 2047): no server has to know anything of them."""
    message = sent(named("École des Chênes 🏫🌳"))
    (mailbox,) = message["From"].addresses
    assert mailbox.display_name == "École des Chênes 🏫🌳"
    assert message["Subject"].startswith("École des Chênes 🏫🌳, week 47 of 2026: ")


def test_lines_are_short_and_7_bits_wide() -> None:
    """RFC 5321: 998 octets a line; and no server has to know 8BITMIME."""
    raw = compose(named(HOSTILE["right to left"]), SENDER, [READER], AT, formats=PLAIN).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_an_address_beyond_ascii_is_known_as_such() -> None:
    assert needs_smtputf8(compose(short_of_target(), SENDER, ["école@example.org"], AT, formats=PLAIN))
    assert not needs_smtputf8(compose(named("École"), SENDER, [READER], AT, formats=PLAIN))
