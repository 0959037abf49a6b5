"""The site's upload token: where it is, and whether anybody else could read it.

systemd hands it over as the credential ``bandgap-token`` ($CREDENTIALS_DIRECTORY); otherwise it is the
file that ``upload.token_file`` names, which only its owner may read. Where that isn't there, root may look at
what the running service was handed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from reports.faults import ConfigFault

CREDENTIAL = "bandgap-token"
SERVICE = Path("/run/credentials/bandgap-agent.service")
"""Where systemd keeps what it handed to the running agent."""

TOKEN = re.compile(r"[!-~]{16,512}")


def read_token(named: str, environ: Mapping[str, str]) -> str:
    """The token. Raises ConfigFault when it is missing, open to others, or not a token."""
    path = Path(named)
    handed_over = Path(environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / CREDENTIAL
    if handed_over.is_file():
        path = handed_over
    try:
        mode = path.stat().st_mode
        token = path.read_text().strip()
    except FileNotFoundError:
        raise ConfigFault(
            f"{path}: no token; put there what `bandgap collector enrol` printed, or set upload.token_file"
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigFault(f"{path}: the token can't be read: {fault}") from None
    if path != handed_over and mode & 0o077:
        raise ConfigFault(f"{path}: others may read the token (mode {mode & 0o777:o}); run: chmod 600 {path}")
    if not TOKEN.fullmatch(token):
        raise ConfigFault(f"{path}: no token, expected the one line that `bandgap collector enrol` printed")
    return token


def beside_the_service(named: str, environ: Mapping[str, str], service: Path = SERVICE) -> Mapping[str, str]:
    """``environ``, with the running service's credentials where the token is nowhere else: one that only this
    machine can read lies encrypted on the disk."""
    if os.path.exists(named) or "CREDENTIALS_DIRECTORY" in environ:
        return environ
    try:
        there = TOKEN.fullmatch((service / CREDENTIAL).read_text().strip())
    except OSError:  # none runs, or who asks isn't root
        return environ
    return {**environ, "CREDENTIALS_DIRECTORY": str(service)} if there else environ
