"""Takes secrets out of text that leaves the gateway: rather a word too many than one too few.

Two ways, one after the other. What is known to be a secret here (the token, the mail server's password, what
stands in snmp.conf) is taken out wherever it occurs and however it is quoted. What looks like a secret is
taken out though nobody knows it: userinfo of URLs, tokens and codes of bandgap's own, values named password
and the like, mail addresses, and addresses of the public Internet, for one of them may be this site's.
"""

from __future__ import annotations

import ipaddress
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from agent.config import AgentConfig

GONE, ADDRESS_GONE, MAIL_GONE = "[removed]", "[public address]", "[mail address]"
LEAST_SIGNS = 4
"""A shorter word is a part of others: taken out, it would leave nothing to read."""
NO_SECRETS = frozenset(
    {"none", "authpriv", "authnopriv", "noauthnopriv", "sha", "sha256", "md5", "aes", "des", "2c"}
)

_NAMED_FILES = re.compile(r'(?m)^\s*(?:token_file|password_file|credentials)\s*=\s*["\']([^"\']+)["\']')
_USERINFO = re.compile(r"""//[^\s"'<>]*@""")
_OWN = re.compile(r"bandgap_[A-Za-z0-9_-]{8,}|\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){2,}\b")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_VALUE = re.compile(
    r"""(?i)((?:password|passwd|passphrase|community|secret|api[_-]?key|\btoken|\bcode)["']?\s*[=:]\s*)"""
    r"""("(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^\s,;}"']+)"""
)
_SNMP = re.compile(r"(?im)^(\s*def(?:Community|SecurityName|\w*Passphrase|\w*Password|\w*Key)\s+).+$")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_IPV4 = re.compile(r"(?<![0-9.])\d{1,3}(?:\.\d{1,3}){3}(?![0-9]|\.\d)")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
"""A run of signs in which an address may be, with a colon or a stop of the sentence around it."""


def known_secrets(config: AgentConfig, settings: str, environ: Mapping[str, str]) -> list[str]:
    """The secrets of this gateway as its files have them. ``settings`` is the text of a file that perhaps
    can't be read as settings."""
    files = {config.upload.token_file, config.email.password_file, config.snmp.credentials}
    files |= set(_NAMED_FILES.findall(settings))
    handed_over = environ.get("CREDENTIALS_DIRECTORY")
    paths = [
        *map(Path, files),
        *(Path(handed_over).iterdir() if handed_over and Path(handed_over).is_dir() else ()),
    ]
    return [word for path in paths for word in _words(path)]


def _words(path: Path) -> Iterable[str]:
    """A file as a whole, its lines, and what stands behind a name in snmp.conf."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        yield line.strip()
        try:
            parts = shlex.split(line)
        except ValueError:
            parts = line.split()
        if len(parts) > 1 and parts[0].lower().startswith("def"):
            yield from parts[1:]


class Redaction:
    """Takes out what it was told of, and whatever looks like a secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        told = {one for one in secrets if len(one) >= LEAST_SIGNS and one.lower() not in NO_SECRETS}
        forms = {
            form
            for one in told
            for form in (
                one,
                json.dumps(one)[1:-1],
                json.dumps(one, ensure_ascii=False)[1:-1],
                quote(one, safe=""),
                quote(one),
            )
        }
        self._known = (
            re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None
        )

    def clean(self, text: str) -> str:
        if self._known:
            text = self._known.sub(GONE, text)
        text = _USERINFO.sub(f"//{GONE}@", text)
        text = _BEARER.sub(rf"\1 {GONE}", text)
        text = _OWN.sub(GONE, text)
        text = _SNMP.sub(rf"\1{GONE}", text)
        text = _VALUE.sub(_named, text)
        text = _MAIL.sub(MAIL_GONE, text)
        text = _IPV6.sub(_masked, text)
        return _IPV4.sub(_masked, text)


def _named(found: re.Match[str]) -> str:
    value = found[2]
    sign = value[0] if value[0] in "\"'" else ""
    return f"{found[1]}{sign}{GONE}{sign}"


def _masked(found: re.Match[str]) -> str:
    whole = found[0]
    inner = whole.strip(".")
    for written in (inner, inner[1:], inner[:-1], inner[1:-1]):
        try:
            address = ipaddress.ip_address(written)
        except ValueError:
            continue
        mapped = getattr(address, "ipv4_mapped", None) or address
        return whole.replace(written, ADDRESS_GONE, 1) if mapped.is_global else whole
    return whole
