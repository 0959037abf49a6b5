"""Where the agent's settings and its store are.

For the service: ``/etc/bandgap/agent.toml`` and ``/var/lib/bandgap`` (or what systemd names in
``$STATE_DIRECTORY``). For a plain user: the XDG folders, except that a site's own settings are read when
the user has none. ``BANDGAP_CONFIG`` and ``BANDGAP_STATE_DIR`` override both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from reports.faults import ConfigFault, Fault

SITE_CONFIG = Path("/etc/bandgap/agent.toml")
SITE_STATE = Path("/var/lib/bandgap")


def config_path(environ: Mapping[str, str], *, root: bool, site: Path = SITE_CONFIG) -> Path | None:
    """The settings file to read; None when there is none and the defaults hold.

    Raises ConfigFault when BANDGAP_CONFIG names a file that isn't there.
    """
    if named := environ.get("BANDGAP_CONFIG"):
        if not Path(named).is_file():
            raise ConfigFault(f"{named}: no such file (BANDGAP_CONFIG names it)")
        return Path(named)
    own = _xdg(environ, "XDG_CONFIG_HOME", ".config") / "bandgap" / "agent.toml"
    for candidate in (site,) if root else (own, site):
        if candidate.is_file():
            return candidate
    return None


def config_to_write(environ: Mapping[str, str], *, root: bool) -> Path:
    """The settings file that set-up writes, whether it is there or not."""
    if named := environ.get("BANDGAP_CONFIG"):
        return Path(named)
    return SITE_CONFIG if root else _xdg(environ, "XDG_CONFIG_HOME", ".config") / "bandgap" / "agent.toml"


def state_dir(environ: Mapping[str, str], *, root: bool) -> Path:
    """The folder of the store. It need not exist yet."""
    if named := environ.get("BANDGAP_STATE_DIR") or environ.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(named)
    return SITE_STATE if root else _xdg(environ, "XDG_STATE_HOME", ".local/state") / "bandgap"


def usable(folder: Path) -> Path:
    """Makes the state folder if need be. Raises ConfigFault when that can't be done, Fault for a disk that is
    read-only: it may be mended and mounted again, and a service that tries again then works."""
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as fault:
        raise ConfigFault(f"{folder}: {fault.strerror}; {_way_out(folder)}") from None
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise Fault(f"{folder}: its disk is mounted read-only; mend it, or mount it for writing")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigFault(f"{folder}: you may not write there; {_way_out(folder)}")
    return folder


def local_zone(environ: Mapping[str, str], etc: Path = Path("/etc")) -> str:
    """The machine's own time zone by name; UTC when it can't be told."""
    name = environ.get("TZ", "").lstrip(":")
    if not name and (link := etc / "localtime").is_symlink():
        name = str(link.resolve()).partition("zoneinfo/")[2]
    if not name and (etc / "timezone").is_file():
        name = (etc / "timezone").read_text().strip()
    return name or "UTC"


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> Path:
    return Path(environ.get(variable) or Path(environ.get("HOME", "/")) / default)


def _way_out(folder: Path) -> str:
    return f"use sudo, or name another folder in BANDGAP_STATE_DIR (now {folder})"
