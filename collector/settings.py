"""The collector's settings: ``collector.toml``, read strictly into frozen dataclasses.

Every key has a default, so that a collector runs with no file at all. Where the file and the database
are is decided here too, from the environment that comes in as an argument.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector.people.settings import ADDRESS, PeopleSettings, PublicSettings, address
from reports.cost_settings import Locale
from reports.evidence import DistrictRule, EvidenceRule
from reports.faults import ConfigFault
from reports.mail.settings import EmailSettings
from reports.settings import duration, read_tables, setting
from reports.windows import EXPECTED, Window, windows
from reports.wording import Language

ALERTS = ("silent", "outage", "below_target", "full_line", "under_delivered", "over_budget")
"""What may be told, as ``collector/watch/findings.py`` finds it."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")

SITE_CONFIG = Path("/etc/bandgap/collector.toml")
SITE_STATE = Path("/var/lib/bandgap-collector")
FILE_NAME = "collector.sqlite"


def _path(raw: object) -> str:
    if not isinstance(raw, str) or not raw or "\0" in raw:
        raise ValueError(raw)
    return raw


def _host(raw: object) -> str:
    if not isinstance(raw, str) or not raw or not raw.isprintable() or " " in raw:
        raise ValueError(raw)
    return raw


def _networks(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise ValueError(raw)
    return tuple(
        str(ipaddress.ip_network(one)) if "/" in one else str(ipaddress.ip_address(one)) for one in raw
    )


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the database is (``collector/database.py``); None leaves it to ``default_database``."""

    database: str | None = setting(
        None, parse=_path, expect="the path of a file, sqlite:PATH or postgresql://USER@HOST/NAME"
    )


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """The address that the collector answers on, port 0 takes a free one, and how many processes do so.

    ``url`` is the address that browsers see, where a web server stands in front; what ``proxies`` say of who
    asked and how (X-Forwarded-For, -Proto) is believed, and nobody else.
    """

    host: str = setting("127.0.0.1", parse=_host, expect='an address as in "127.0.0.1"')
    port: int = setting(8642, low=0, high=65_535)
    processes: int = setting(1, low=1, high=8)
    url: str | None = setting(None, parse=address, expect=ADDRESS)
    proxies: tuple[str, ...] = setting(
        (), parse=_networks, expect='a list of addresses or networks as in ["127.0.0.1", "10.2.0.0/16"]'
    )


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The language of pages for who asks for none, and of alerts that people read."""

    language: Language = "en"


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """Which target sets sites are held against; the first is the one they are ranked by."""

    sets: tuple[str, ...] = ("setda-2-2020-21", "setda-3-2023-24", "fcc-2014-long")
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """How the fleet is judged. ``silent_after`` is in seconds once read."""

    silent_after: float = setting(10_800.0, parse=duration, expect='an interval as in "3h"')


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How large one upload may be as sent, and once unpacked; how many may come in a minute, 0 for any."""

    max_body_mb: float = setting(4.0, low=0.001, high=1000)
    max_unpacked_mb: float = setting(32.0, low=0.001, high=1000)
    uploads_per_site: int = setting(120, low=0, high=1_000_000_000)
    uploads_per_address: int = setting(6_000, low=0, high=1_000_000_000)

    @property
    def body_bytes(self) -> int:
        return int(self.max_body_mb * 1_000_000)

    @property
    def unpacked_bytes(self) -> int:
        return int(self.max_unpacked_mb * 1_000_000)


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """Whether agents may test their line against this machine, and how many at once."""

    enabled: bool = True
    max_tests: int = setting(8, low=1, high=1000)
    access: Literal["open", "enrolled"] = "open"


def _kinds(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or any(kind not in ALERTS for kind in raw):
        raise ValueError(raw)
    return tuple(kind for kind in ALERTS if kind in raw)


def _zone(raw: object) -> str:
    try:
        return ZoneInfo(str(raw)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(raw) from None


def _webhook(raw: object) -> str:
    """What is told isn't secret, but says which school is in trouble: by TLS, or on this machine."""
    parts = urlsplit(raw) if isinstance(raw, str) and raw.isprintable() else None
    if parts is None or not parts.hostname or parts.username:
        raise ValueError(raw)
    if parts.scheme != "https" and (parts.scheme, parts.hostname in LOOPBACK) != ("http", True):
        raise ValueError(raw)
    return parts.geturl()


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What is told of the fleet without asking, from when on, when not, and to whom beside ``[email]``."""

    tell: tuple[str, ...] = setting(
        ALERTS, parse=_kinds, expect="a list of " + ", ".join(f'"{kind}"' for kind in ALERTS)
    )
    days: int = setting(3, low=1, high=20)
    of_days: int = setting(5, low=1, high=20)
    outage_minutes: float = setting(10.0, low=1, high=60)
    full_share: float = setting(0.8, low=0.1, high=1)
    contract_share: float = setting(0.8, low=0.1, high=1)
    budget_gb: float | None = setting(None, low=0.001)
    quiet: tuple[Window, ...] = setting((), parse=windows, expect=f"a list of {EXPECTED}")
    timezone: str = setting("UTC", parse=_zone, expect='a time zone such as "America/Chicago"')
    webhook: str | None = setting(
        None, parse=_webhook, expect="an https:// address (http:// only on this machine)"
    )
    webhook_secret_file: str = "/etc/bandgap/webhook-secret"  # noqa: S105  # a path
    apprise_file: str | None = None


@dataclass(frozen=True, slots=True)
class ErateWindowSettings:
    """When the next E-rate filing window (FCC Form 471) opens and closes, as it was announced, and what the
    discount of the one district follows from that this collector is for."""

    window_opens: date | None = None
    window_closes: date | None = None
    nslp_share: float | None = setting(None, low=0, high=1)
    locale: Locale | None = None
    discount: float | None = setting(None, low=0, high=0.9)


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """When hours leave the store, and for where; None is a folder beside the database. Seconds once read."""

    older_than: float = setting(7_776_000.0, parse=duration, expect='an interval as in "90d"')
    to: str | None = setting(None, parse=_path, expect="a folder, or a URL that fsspec knows")


@dataclass(frozen=True, slots=True)
class Settings:
    """All of ``collector.toml``."""

    store: StoreSettings
    listen: ListenSettings
    pages: PageSettings
    targets: TargetSettings
    fleet: FleetSettings
    evidence: EvidenceRule
    district: DistrictRule
    limits: LimitSettings
    measure: MeasureSettings
    erate: ErateWindowSettings
    alerts: AlertSettings
    email: EmailSettings
    archive: ArchiveSettings
    people: PeopleSettings
    public: PublicSettings


KINDS = {
    "store": StoreSettings,
    "listen": ListenSettings,
    "pages": PageSettings,
    "targets": TargetSettings,
    "fleet": FleetSettings,
    "evidence": EvidenceRule,
    "district": DistrictRule,
    "limits": LimitSettings,
    "measure": MeasureSettings,
    "erate": ErateWindowSettings,
    "alerts": AlertSettings,
    "email": EmailSettings,
    "archive": ArchiveSettings,
    "people": PeopleSettings,
    "public": PublicSettings,
}


def config_path(named: str | None, environ: Mapping[str, str], site: Path = SITE_CONFIG) -> Path | None:
    """The settings file to read; None when there is none and the defaults hold."""
    if named := named or environ.get("BANDGAP_COLLECTOR_CONFIG"):
        return Path(named)
    return site if site.is_file() else None


def default_database(environ: Mapping[str, str], *, root: bool) -> Path:
    """The database's place when nobody names one. Its folder need not exist yet."""
    if named := environ.get("BANDGAP_STATE_DIR") or environ.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(named) / FILE_NAME
    if root:
        return SITE_STATE / FILE_NAME
    home = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME", "/")) / ".local/state"
    return Path(home) / "bandgap" / FILE_NAME


def load(path: Path | None) -> Settings:
    """Reads and checks a settings file; None gives the defaults.

    Raises ConfigFault with one line that names file, key, what was found and what is expected.
    """
    data = read_toml(path) if path is not None else {}
    where = str(path or "collector.toml")
    found = Settings(**read_tables(KINDS, data, where))
    if found.email.wrong is not None:
        raise ConfigFault(f"{where}: [email] {found.email.wrong}")
    if found.alerts.days > found.alerts.of_days:
        raise ConfigFault(f"{where}: [alerts] days: found {found.alerts.days}, expected of_days or fewer")
    return found


def read_toml(path: Path) -> dict[str, object]:
    """What a TOML file says. Raises ConfigFault when it can't be read as one."""
    try:
        return tomllib.loads(path.read_bytes().decode())
    except OSError as fault:
        raise ConfigFault(f"{path}: can't be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigFault(f"{path}: is not UTF-8 text, expected a TOML file") from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigFault(f"{path}: not valid TOML: {fault}") from None
