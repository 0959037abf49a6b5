"""The systemd units of an installation by ``uv tool`` or pipx: the packaged ones, with this one's command.

A distribution's package has its units in ``/usr/lib/systemd/system`` and needs none of this. What is written
here bears a first line that says so; a file of that name without it is somebody's own and is left alone. The
service may not look into anybody's home, so an installation in one can't be started.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from reports.faults import Fault

FOLDER = Path("/etc/systemd/system")
PACKAGED = Path("/usr/lib/systemd/system/bandgap-agent.service")
NAMES = ("bandgap-agent.service", "bandgap-report.service", "bandgap-report.timer")
AGENT, TIMER = NAMES[0], NAMES[2]
MARK = "# Written by `bandgap service install`, which writes it anew; `systemctl edit` is for changes.\n"
COMMAND = "/usr/bin/bandgap"
"""In the units as they are packaged."""
_HIDDEN = ("/home", "/root", "/run/user")
"""What ProtectHome= hides (systemd.exec(5))."""


def program() -> Path:
    """This installation's command. Raises Fault when the service couldn't start it."""
    place = Path(sys.prefix) / "bin" / "bandgap"
    if not place.is_file():
        raise Fault(f"{place}: no such command; install bandgap with uv tool or pipx first")
    for needed in (place, Path(sys.executable)):
        real = str(needed.resolve())
        if real.startswith(tuple(f"{folder}/" for folder in _HIDDEN)):
            raise Fault(
                f"{real}: in somebody's home, where a service may not look; install it for the machine: "
                "sudo PIPX_HOME=/opt/pipx PIPX_BIN_DIR=/usr/local/bin pipx install bandgap"
            )
    return place


def texts(command: Path) -> Iterator[tuple[str, str]]:
    """Each unit's name and its text with ``command`` in it."""
    for name in NAMES:
        yield name, MARK + (_shipped() / name).read_text().replace(f"={COMMAND} ", f"={command} ")


def write(command: Path, folder: Path = FOLDER) -> list[str]:
    """Writes the units that are not there or differ; returns their names. Raises Fault for somebody's own."""
    wanted = dict(texts(command))
    for name in wanted:
        if (folder / name).exists() and not ours(folder / name):
            raise Fault(f"{folder / name}: not written by bandgap; move it away first")
    changed = [name for name, text in wanted.items() if _read(folder / name) != text]
    for name in changed:
        made = folder / f".{name}.new"
        made.write_text(wanted[name])
        made.chmod(0o644)
        os.replace(made, folder / name)
    return changed


def remove(folder: Path = FOLDER) -> list[str]:
    """Takes away what ``write`` wrote; returns the names."""
    found = [name for name in NAMES if ours(folder / name)]
    for name in found:
        (folder / name).unlink()
    return found


def ours(place: Path) -> bool:
    return (_read(place) or "").startswith(MARK)


def _read(place: Path) -> str | None:
    try:
        return place.read_text()
    except OSError:
        return None


def _shipped() -> Path:
    """In a wheel the units lie beside this file, in a checkout in its own folder."""
    here = Path(__file__)
    for folder in (here.with_name("systemd"), here.parents[1] / "systemd"):
        if (folder / AGENT).is_file():
            return folder
    raise Fault(
        "this bandgap is a distribution's package and has its units already; use: "
        "sudo systemctl enable --now bandgap-agent"
    )
