"""systemd as this machine's service manager: whether it is there, what it says of units, and starting them.

A distribution's package brings the units; for an installation by uv tool or pipx they are written
(``agent/units.py``). Each way to fail is one line.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from agent import units
from reports.faults import Fault

SYSTEMD = Path("/run/systemd/system")
"""There where systemd is PID 1 (sd_booted(3))."""
SYSTEMCTL = "/usr/bin/systemctl"
SHOWN = ("LoadState", "UnitFileState", "ActiveState", "StatusText")
LIMIT_S = 60.0


def shown(name: str, properties: tuple[str, ...] = SHOWN) -> dict[str, str]:
    """What systemd says of a unit; "" where it says nothing."""
    words = [SYSTEMCTL, "show", "--property", ",".join(properties), name]
    said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LIMIT_S).stdout
    told = dict(line.partition("=")[::2] for line in said.splitlines())
    return {key: told.get(key, "") for key in properties}


def systemctl(*words: str) -> None:
    """Raises Fault with systemd's reason."""
    done = subprocess.run([SYSTEMCTL, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise Fault(f"systemctl {' '.join(words)}: {why}")


def install() -> list[str]:
    """Writes the units of an installation without a package, enables the agent and starts it; returns the
    units that changed. Raises Fault."""
    command = units.program()
    Path("/etc/bandgap").mkdir(exist_ok=True)
    changed = units.write(command)
    if changed:
        systemctl("daemon-reload")
    systemctl("enable", "--quiet", units.AGENT)
    systemctl("restart" if units.AGENT in changed else "start", units.AGENT)
    return changed


def begin(*, anew: bool) -> None:
    """Enables and starts the agent, packaged or not; ``anew`` starts one that runs again, for systemd hands
    over a token at the start alone. Raises Fault."""
    if units.PACKAGED.exists():
        systemctl("enable", "--quiet", units.AGENT)
    else:
        install()
    systemctl("restart" if anew else "start", units.AGENT)


def running() -> bool:
    told = shown(units.AGENT)
    return told["ActiveState"] == "active" and told["UnitFileState"] == "enabled"
