"""Hands a message to a mail server by SMTP, or to the local mailer; says whom it took it for.

TLS is checked against the machine's trust store, or ``ca_file``. A password goes over TLS alone: where the
server offers no STARTTLS nothing is sent. Every fault is one line; what may pass (a server that is away,
greylisting, a cut connection) says so, for a later try with the same message.
"""

from __future__ import annotations

import smtplib
import ssl
import subprocess
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import default

from reports.faults import ConfigFault, Fault
from reports.mail.settings import EmailSettings

PATIENCE_S = 60.0
"""For each answer. RFC 5321 (4.5.3.2) grants a busy server up to ten minutes; a later try costs less."""
TRANSIENT = range(400, 500)


def hand_over(
    message: EmailMessage, settings: EmailSettings, password: str | None, patience_s: float = PATIENCE_S
) -> Mapping[str, str]:
    """Sends to all addresses of ``To``. Returns those that were refused, with the server's words.

    Raises Fault when nobody will get it now, ConfigFault when nobody will until the settings are mended.
    """
    if settings.smtp is None:
        _by_sendmail(message, settings, patience_s)
        return {}
    try:
        return _by_smtp(message, settings, password, patience_s)
    except smtplib.SMTPException as fault:
        raise _in_words(fault, settings) from None
    except ssl.SSLCertVerificationError as fault:
        raise Fault(
            f"{settings.where}: its certificate isn't trusted ({fault.verify_message}); "
            "for a certificate of your own set email.ca_file"
        ) from None
    except ssl.SSLError as fault:
        hint = 'email.security = "starttls"' if settings.security == "tls" else 'email.security = "tls"'
        raise Fault(f"{settings.where}: no TLS there ({fault.reason}); or is it {hint}?") from None
    except TimeoutError:
        raise Fault(f"{settings.where}: didn't answer in time; try later") from None
    except OSError as fault:
        words = fault.strerror or "the connection was cut"
        raise Fault(f"{settings.where}: can't be reached: {words}; try later") from None


def needs_smtputf8(message: EmailMessage) -> bool:
    """Whether an address has a local part that only RFC 6531's servers take."""
    return any(not each.addr_spec.isascii() for name in ("From", "To") for each in message[name].addresses)


def _by_smtp(
    message: EmailMessage, settings: EmailSettings, password: str | None, patience_s: float
) -> Mapping[str, str]:
    assert settings.smtp is not None
    host, port = settings.smtp
    tls = _context(settings.ca_file) if settings.security != "none" else None
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=patience_s, context=tls)
    else:
        server = smtplib.SMTP(host, port, timeout=patience_s)
    with _Session(server):
        if settings.security == "starttls":
            server.starttls(context=tls)
        if settings.user is not None and password is not None:
            server.login(settings.user, password)
        server.ehlo_or_helo_if_needed()
        if needs_smtputf8(message) and not server.has_extn("smtputf8"):
            raise Fault(f"{settings.where}: takes no address with signs beyond ASCII (SMTPUTF8)")
        refused = server.send_message(message)
    return {address: _said(*answer) for address, answer in refused.items()}


class _Session:
    """Ends the session politely where there still is one; what was answered to the message stands."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._server.quit()
        except (smtplib.SMTPException, OSError):
            pass
        finally:
            self._server.close()


def _context(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise ConfigFault(f"{ca_file}: no certificate authority can be read there (email.ca_file)") from None


def _in_words(fault: smtplib.SMTPException, settings: EmailSettings) -> Fault:
    where = settings.where
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        if fault.smtp_code in TRANSIENT:
            return Fault(f"{where}: can't check the password now ({_said(*_code(fault))}); try later")
        return ConfigFault(
            f"{where}: refuses user and password ({_said(*_code(fault))}); "
            "see email.user and email.password_file"
        )
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        what = "STARTTLS" if "STARTTLS" in str(fault) else "a way to show the password"
        return Fault(f"{where}: doesn't offer {what}; nothing was sent (see email.security)")
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        first, answer = next(iter(fault.recipients.items()))
        later = any(code in TRANSIENT for code, _ in fault.recipients.values())
        many = "" if len(fault.recipients) == 1 else f" and {len(fault.recipients) - 1} more"
        line = f"{where}: refuses {first}{many} ({_said(*answer)})"
        return Fault(f"{line}; try later") if later else ConfigFault(f"{line}; see email.to")
    if isinstance(fault, smtplib.SMTPSenderRefused):
        return Fault(f"{where}: refuses the sender {fault.sender} ({_said(*_code(fault))}); see email.sender")
    if isinstance(fault, smtplib.SMTPResponseException):
        code, words = _code(fault)
        if code == -1:
            return Fault(f"{where}: cut the connection; try later")
        return Fault(
            f"{where}: refuses it ({_said(code, words)})" + ("; try later" if code in TRANSIENT else "")
        )
    if isinstance(fault.__context__, TimeoutError):
        return Fault(f"{where}: didn't answer in time; try later")
    return Fault(f"{where}: cut the connection; try later")


def _code(fault: smtplib.SMTPResponseException) -> tuple[int, bytes | str]:
    return fault.smtp_code, fault.smtp_error


def _said(code: int, words: bytes | str) -> str:
    """A server's answer on one line, without what a terminal would obey."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"{code} " + " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]


def _by_sendmail(message: EmailMessage, settings: EmailSettings, patience_s: float) -> None:
    """Recipients are those of the header (-t), and a line with a dot alone is no end (-i)."""
    assert settings.sendmail is not None
    text = message.as_bytes(policy=default.clone(utf8=needs_smtputf8(message)))
    try:
        done = subprocess.run(
            [settings.sendmail, "-t", "-i"], input=text, capture_output=True, timeout=patience_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise Fault(f"{settings.sendmail}: didn't end in time; try later") from None
    except BrokenPipeError:
        raise Fault(f"{settings.sendmail}: didn't take the message; try later") from None
    except OSError as fault:
        raise ConfigFault(f"{settings.sendmail}: can't be run: {fault.strerror} (email.sendmail)") from None
    if done.returncode:
        words = _said(done.returncode, done.stderr or done.stdout)
        raise Fault(f"{settings.sendmail}: refuses it ({words}); try later")
