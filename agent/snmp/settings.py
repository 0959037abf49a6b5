"""The table ``[snmp]``: which gateway is asked for its counters, and of which of its ports.

How to be let in (version, community, user, passphrases) isn't here but in a file of its own, which only its
owner may read (``agent/snmp/credentials.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from reports.settings import duration, setting

PORT = 161
NAMED = "snmp.conf"


def _address(raw: object) -> tuple[str, int]:
    """`"192.0.2.1"`, `"gateway.example:1161"` or `"[2001:db8::1]"` as host and port. Raises ValueError."""
    parts = urlsplit(f"//{raw}") if isinstance(raw, str) else None
    if parts is None or not parts.hostname or parts.netloc != raw or parts.username is not None:
        raise ValueError(raw)
    if not all(sign.isalnum() or sign in ".-_:" for sign in parts.hostname):
        raise ValueError(raw)
    return parts.hostname, parts.port or PORT


def _interface(raw: object) -> str | int:
    if isinstance(raw, str) and raw.strip() == raw != "":
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
        return raw
    raise ValueError(raw)


def _credentials(raw: object) -> str:
    if not isinstance(raw, str) or raw.rpartition("/")[2] != NAMED or not raw.startswith("/"):
        raise ValueError(raw)
    return raw


@dataclass(frozen=True, slots=True)
class SnmpSettings:
    """Without an ``address`` nobody is asked. ``interface`` is a port's ifName or ifDescr, or its ifIndex.

    ``side`` is what that port faces: on the side of the Internet it receives what comes down, on that of the
    school it sends it.
    """

    address: tuple[str, int] | None = setting(
        None, parse=_address, expect='a host, with its port where that isn\'t 161, as in "192.0.2.1"'
    )
    interface: str | int | None = setting(
        None, parse=_interface, expect='the name of the gateway\'s port as in "eth0", or its number'
    )
    side: Literal["wan", "lan"] = "wan"
    credentials: str = setting(
        f"/etc/bandgap/{NAMED}", parse=_credentials, expect=f'the path of a file that is named "{NAMED}"'
    )
    poll_every: float = setting(10.0, parse=duration, expect='an interval as in "10s"')

    @property
    def where(self) -> str:
        """The gateway's address as a person writes it; empty without one."""
        if self.address is None:
            return ""
        host, port = self.address
        shown = f"[{host}]" if ":" in host else host
        return shown if port == PORT else f"{shown}:{port}"
