"""A message is handed over whole and safely, or a line says why not; a password never goes in clear."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from agent.mail.message import compose
from reports.faults import ConfigFault, Fault
from reports.formats.as_html import html_page
from reports.formats.as_text import plain_text
from reports.mail.delivery import hand_over
from reports.mail.settings import EmailSettings
from tests.agent.mail_server import PASSWORD, USER, Box, Certificate, bad_server, certificate, mail_server
from tests.reports.example_week import named, short_of_target

AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SENDER = "bandgap@school.example.org"
ONE, OTHER = "board@school.example.org", "cto@example.org"


def message(*recipients: str, name: str | None = None) -> EmailMessage:
    report = named(name) if name else short_of_target()
    return compose(report, SENDER, recipients or (ONE,), AT, formats={"text": plain_text, "html": html_page})


def to(port: int, security: str = "none", **more: object) -> EmailSettings:
    return replace(EmailSettings(smtp=("localhost", port), security=security), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("authority"))


def test_a_message_arrives_as_it_was_written() -> None:
    """Envelope, headers and body; a line with a dot alone ends nothing."""
    box = Box()
    sent = message(ONE, OTHER)
    written = sent.as_bytes()
    with mail_server(box) as port:
        assert hand_over(sent, to(port), None) == {}
    ((sender, recipients, content),) = box.envelopes
    assert (sender, recipients) == (SENDER, [ONE, OTHER])
    assert content == written


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_password_goes_over_tls(trusted: Certificate, security: str) -> None:
    box = Box()
    tls = {security: trusted}
    settings = {"user": USER, "ca_file": str(trusted.path)}
    with mail_server(box, password=True, **tls) as port:
        assert hand_over(message(), to(port, security, **settings), PASSWORD) == {}
    assert len(box.envelopes) == 1


def test_a_wrong_password_is_a_setting_to_mend(trusted: Certificate) -> None:
    with (
        mail_server(Box(), tls=trusted, password=True) as port,
        pytest.raises(
            ConfigFault, match=r"refuses user and password \(535 .*see email.user and email.password"
        ),
    ):
        hand_over(message(), to(port, "tls", user=USER, ca_file=str(trusted.path)), "wrong")


def test_a_server_that_hides_starttls_gets_neither_password_nor_message() -> None:
    """What a box on the way does that wants to read along."""
    box = Box()
    with (
        mail_server(box) as port,
        pytest.raises(Fault, match=r"doesn't offer STARTTLS; nothing was sent"),
    ):
        hand_over(message(), to(port, "starttls", user=USER), PASSWORD)
    assert box.envelopes == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_is_refused(trusted: Certificate, security: str) -> None:
    box = Box()
    tls = {security: trusted}
    with (
        mail_server(box, **tls) as port,  # type: ignore[arg-type]
        pytest.raises(Fault, match=r"its certificate isn't trusted \(.*set email.ca_file"),
    ):
        hand_over(message(), to(port, security), None)
    assert box.envelopes == []


def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    other = certificate(tmp_path, "mail.example.com")
    with (
        mail_server(Box(), tls=other) as port,
        pytest.raises(Fault, match=r"isn't trusted \(Hostname mismatch"),
    ):
        hand_over(message(), to(port, "tls", ca_file=str(other.path)), None)


def test_tls_where_there_is_none_says_so() -> None:
    with (
        mail_server(Box()) as port,
        pytest.raises(Fault, match=r"no TLS there .*email.security = \"starttls\""),
    ):
        hand_over(message(), to(port, "tls"), None)


def test_an_authority_that_cannot_be_read_is_a_setting_to_mend() -> None:
    with pytest.raises(ConfigFault, match=r"/nonexistent: no certificate authority can be read"):
        hand_over(message(), to(1, "tls", ca_file="/nonexistent"), None)


def test_who_is_refused_is_told_and_the_others_get_it() -> None:
    """Greylisting among them: 451 today may be 250 in a quarter of an hour."""
    box = Box(answers={OTHER: "451 4.7.1 Greylisted, \x1b[31mtry again"})
    with mail_server(box) as port:
        assert hand_over(message(ONE, OTHER), to(port), None) == {
            OTHER: "451 4.7.1 Greylisted, [31mtry again"
        }
    assert [recipients for _, recipients, _ in box.envelopes] == [[ONE]]


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ("550 5.1.1 No such user", 78, rf"refuses {ONE} \(550 5.1.1 No such user\); see email.to$"),
        ("451 4.7.1 Greylisted", 1, rf"refuses {ONE} \(451 4.7.1 Greylisted\); try later$"),
    ],
)
def test_nobody_gets_it_is_a_fault(answer: str, code: int, words: str) -> None:
    """Tried again while that may help; an address that isn't there is a setting to mend."""
    with mail_server(Box(answers={ONE: answer})) as port, pytest.raises(Fault, match=words) as fault:
        hand_over(message(), to(port), None)
    assert fault.value.exit_code == code


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("451 4.3.0 queue full", r"refuses it \(451 4.3.0 queue full\); try later$"),
        ("552 5.3.4 too large", r"refuses it \(552 5.3.4 too large\)$"),
    ],
)
def test_a_message_refused_at_its_end_was_not_sent(answer: str, words: str) -> None:
    with mail_server(Box(data_answer=answer)) as port, pytest.raises(Fault, match=words):
        hand_over(message(), to(port), None)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("silent", "didn't answer in time; try later"),
        ("hangs", "didn't answer in time; try later"),
        ("cut", "(cut the connection|can't be reached: .*); try later"),
    ],
)
def test_a_server_that_goes_away_is_tried_later(fault: str, words: str) -> None:
    with bad_server(fault) as port, pytest.raises(Fault, match=words):
        hand_over(message(), to(port), None, patience_s=0.5)


def test_nobody_there_is_one_line() -> None:
    with pytest.raises(Fault, match=r"^localhost:1: can't be reached: Connection refused; try later$"):
        hand_over(message(), to(1), None)


def test_a_local_part_beyond_ascii_takes_a_server_that_knows_of_them() -> None:
    """SMTPUTF8 (RFC 6531) is asked for then, and only then."""
    box = Box()
    with mail_server(box, enable_SMTPUTF8=True) as port:
        hand_over(message("école@example.org"), to(port), None)
        hand_over(message(ONE, name="École des Chênes"), to(port), None)
    assert [recipients for _, recipients, _ in box.envelopes] == [["école@example.org"], [ONE]]
    assert ["SMTPUTF8" in options for options in box.options] == [True, False]
    with (
        mail_server(Box(), enable_SMTPUTF8=False) as port,
        pytest.raises(Fault, match=r"takes no address with signs beyond ASCII"),
    ):
        hand_over(message("école@example.org"), to(port), None)


@contextmanager
def program(folder: Path, script: str) -> Iterator[EmailSettings]:
    path = folder / "sendmail"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    yield EmailSettings(sendmail=str(path))


def test_the_local_mailer_gets_the_message_by_its_headers(tmp_path: Path) -> None:
    """Lines end as the system's do; -t -i and nothing else."""
    with program(tmp_path, f'echo "$@" > {tmp_path}/words; cat > {tmp_path}/mail') as settings:
        assert hand_over(message(ONE, OTHER), settings, None) == {}
    assert (tmp_path / "words").read_text() == "-t -i\n"
    mail = (tmp_path / "mail").read_bytes()
    assert f"To: {ONE}, {OTHER}\n".encode() in mail
    assert b"\r" not in mail


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("cat >/dev/null; echo 'queue\tis full' >&2; exit 75", r"refuses it \(75 queue is full\); try later"),
        ("exit 1", "refuses it|didn't take the message"),
        ("exec sleep 20", "didn't end in time; try later"),
    ],
)
def test_a_mailer_that_fails_is_one_line(tmp_path: Path, script: str, words: str) -> None:
    with program(tmp_path, script) as settings, pytest.raises(Fault, match=words):
        hand_over(message(), settings, None, patience_s=1.0)


def test_a_mailer_that_is_not_there_is_a_setting_to_mend() -> None:
    with pytest.raises(ConfigFault, match=r"/nonexistent/sendmail: can't be run: No such file"):
        hand_over(message(), EmailSettings(sendmail="/nonexistent/sendmail"), None)
