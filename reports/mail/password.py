"""The mail server's password: where it is, and whether anybody else could read it.

systemd hands it over as the credential ``bandgap-smtp-password`` ($CREDENTIALS_DIRECTORY); otherwise it is
the file that ``email.password_file`` names, which only its owner may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reports.faults import ConfigFault

CREDENTIAL = "bandgap-smtp-password"
STAND_IN = "none"
"""What the unit hands over where there is no such file."""


def read_password(named: str, environ: Mapping[str, str]) -> str:
    """The password. Raises ConfigFault when it is missing, open to others or no single line."""
    path = Path(named)
    handed_over = Path(environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / CREDENTIAL
    try:
        if handed_over.is_file() and handed_over.read_text().strip() != STAND_IN:
            path = handed_over
        mode = path.stat().st_mode
        password = path.read_text().removesuffix("\n")
    except FileNotFoundError:
        raise ConfigFault(
            f"{path}: no password; put email.user's there, or set email.password_file"
        ) from None
    except OSError as fault:
        raise ConfigFault(f"{path}: the password can't be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigFault(f"{path}: the password can't be read: it is not UTF-8 text") from None
    if path != handed_over and mode & 0o077:
        raise ConfigFault(
            f"{path}: others may read the password (mode {mode & 0o777:o}); run: chmod 600 {path}"
        )
    if not password or not password.isprintable() or not password.isascii():
        raise ConfigFault(f"{path}: no password that can be sent, expected one line of ASCII")
    return password
