"""`[email]` takes what can be mailed to, and no password in clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import AgentConfig, parse
from reports.faults import ConfigFault
from reports.mail.password import read_password
from reports.mail.settings import address


def config(text: str) -> AgentConfig:
    return parse(f"[email]\n{text}", Path("agent.toml"), zone="UTC")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("office@school.example.org", "office@school.example.org"),
        ("o'brien+bandgap@a.org", "o'brien+bandgap@a.org"),
        ("root@localhost", "root@localhost"),
        ("école@exemple.org", "école@exemple.org"),
        ("office@schüle.example", "office@xn--schle-mva.example"),
    ],
)
def test_addresses_are_mailboxes_with_domains_as_dns_has_them(raw: str, found: str) -> None:
    assert address(raw) == found


@pytest.mark.parametrize(
    "raw",
    [
        *("", "office", "@example.org", "office@", "a b@example.org", "a@b@example.org", "a@-x.org", "a..b@c.org"),
        *("A <a@example.org>", "a@example.org,b@example.org", "a@exa mple.org", "a@example.org\r\nBcc: b@c.org"),
        *("a\u2028@example.org", "a" * 65 + "@example.org", "a@" + "b" * 64 + ".org", '"a"@example.org', "a@[::1]"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        address(raw)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('to = "a@b.org"', 'to: found "a@b.org", expected a list of addresses as in ["office@school.example.org"]'),
        ('sender = "me"', 'sender: found "me", expected an address as in "bandgap@school.example.org"'),
        ('smtp = "mail.example.org"', 'smtp: found "mail.example.org", expected a mail server with its port as in "mail.example.org:587"'),
        ('smtp = "u:p@mail.example.org:25"', 'smtp: found "u:p@mail.example.org:25", expected a mail server with its port as in "mail.example.org:587"'),
        ('security = "ssl"', 'security: found "ssl", expected one of "starttls", "tls", "none"'),
        ('password = "x"', 'password: unknown key, did you mean "password_file"?'),
        ('sendmail = "sendmail"', 'sendmail: found "sendmail", expected an absolute path as in "/usr/sbin/sendmail"'),
        ('user = "é"', 'user: found "é", expected a user name in ASCII'),
        ('user = "me"\nsecurity = "none"', 'security: found "none" beside user, expected "starttls" or "tls", for no password goes in clear'),
    ],
)  # fmt: skip
def test_each_mistake_is_one_line(text: str, line: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        config(text)
    assert str(fault.value) == f"agent.toml: [email] {line}"


@pytest.mark.parametrize(
    "raw",
    [
        "mail..example.org:25",
        "mäil.example.org:25",
        "mail.example.org:0",
        "mail.example.org:x",
        "a b:25",
        "x:25/y",
    ],
)
def test_what_is_no_server_is_refused(raw: str) -> None:
    """Some of these would end in a UnicodeError once they are looked up."""
    with pytest.raises(ConfigFault, match=r"smtp: found .* expected a mail server with its port"):
        config(f'smtp = "{raw}"')


def test_an_address_of_version_6_stands_in_brackets() -> None:
    found = config('smtp = "[2001:db8::25]:587"').email
    assert (found.smtp, found.where) == (("2001:db8::25", 587), "[2001:db8::25]:587")


def password_file(folder: Path, text: str, mode: int = 0o600, name: str = "password") -> str:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_password_is_one_line_its_blanks_included(tmp_path: Path) -> None:
    assert read_password(password_file(tmp_path, " correct horse \n"), {}) == " correct horse "


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_password_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = password_file(tmp_path, "secret", mode)
    with pytest.raises(
        ConfigFault, match=rf"others may read the password \(mode {mode:o}\); run: chmod 600 {path}"
    ):
        read_password(path, {})


@pytest.mark.parametrize("text", ["", "\n", "two\nlines", "pässword", "tab\tbed"])
def test_what_can_be_no_password_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigFault, match="no password that can be sent, expected one line of ASCII"):
        read_password(password_file(tmp_path, text), {})


def test_no_password_says_where_it_goes(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match=r"no password; put email.user's there, or set email.password_file"):
        read_password(str(tmp_path / "none"), {})


def test_systemds_credential_comes_first_unless_it_is_the_stand_in(tmp_path: Path) -> None:
    """Whatever mode systemd gave it: only the service sees that folder."""
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    own = password_file(tmp_path, "own")
    password_file(tmp_path, "handed over", 0o440, "bandgap-smtp-password")
    assert read_password(own, environ) == "handed over"
    password_file(tmp_path, "none", 0o440, "bandgap-smtp-password")
    assert read_password(own, environ) == "own"
