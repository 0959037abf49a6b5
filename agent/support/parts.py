"""The parts of a support bundle, each a text. One that can't be made says why in its place.

Counters and school facts alone: nothing of the store but how much is in it, unless samples are asked for.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent import __version__, service_manager, store, units
from agent.children import COMMAND
from agent.commands.doctor import told
from agent.doctor.checks import examine
from agent.doctor.ground import Patient
from agent.installation import Installation
from agent.status_facts import gather
from reports.faults import Fault

JOURNALCTL = "/usr/bin/journalctl"
LIBRARIES = ("psutil", "requests", "schedule", "sqlite-utils", "speedtest-cli", "jinja2", "tabulate")
LIMIT_S = 60.0
JOURNAL_LINES = "5000"
LONGEST = 5_000_000
"""Characters of a part; of a longer one the end is kept, where the newest is."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the bundle, what it is, and what makes its text."""

    name: str
    about: str
    text: Callable[[], str]


def parts(
    place: Installation,
    settings: str,
    fault: str | None,
    environ: Mapping[str, str],
    now: datetime,
    *,
    samples: bool,
) -> list[Part]:
    """All parts. ``fault`` is why the settings can't be used, if they can't."""
    found = [
        Part("versions.txt", "versions of bandgap, its libraries and the system", _versions),
        Part(
            "agent.toml", "the settings", lambda: settings or "there is no settings file; the defaults hold\n"
        ),
        Part("status.json", "what bandgap status --json says", lambda: _json(gather(place, now))),
        Part(
            "doctor.json",
            "what bandgap doctor --json says",
            lambda: _json(told(examine(Patient(place, environ, now)))),
        ),
        Part("store.json", "how much is in the store, and its files", lambda: _json(_store(place.state))),
        *(
            Part(f"journal-{name}.log", f"the journal of {name}", lambda name=name: _journal(name))  # type: ignore[misc]
            for name in (units.AGENT, "bandgap-report.service")
        ),
    ]
    if fault:
        found.insert(0, Part("settings-fault.txt", "why the settings can't be used", lambda: fault + "\n"))
    if samples:
        for what in ("tests", "usage", "outages"):
            found.append(Part(f"{what}.jsonl", f"the {what} of the store", lambda what=what: _samples(what)))  # type: ignore[misc]
    return found


def made(part: Part) -> str:
    """Its text, or the reason why there is none."""
    try:
        return part.text()[-LONGEST:]
    except (Fault, OSError, sqlite3.Error, subprocess.SubprocessError) as fault:
        return f"couldn't be had: {fault}\n"


def _json(facts: object) -> str:
    return json.dumps(facts, indent=2, default=str) + "\n"


def _versions() -> str:
    lines = [
        f"bandgap {__version__}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
    ]
    for name in LIBRARIES:
        try:
            lines.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            lines.append(f"{name}: not found as a distribution")
    lines.append(f"Linux {platform.release()} {platform.machine()}")
    try:
        lines.append(platform.freedesktop_os_release().get("PRETTY_NAME", ""))
    except OSError:
        lines.append("no os-release")
    return "\n".join(lines) + "\n"


def _store(state: Path) -> dict[str, object]:
    files = {one.name: one.stat().st_size for one in sorted(state.iterdir()) if one.is_file()}
    connection = store.open_store(state, read_only=True)
    try:
        names = [
            str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        counts = {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  # the store's own
            for name in sorted(names)
        }
    finally:
        connection.close()
    return {"files_bytes": files, "rows": counts}


def _journal(unit: str) -> str:
    if not service_manager.SYSTEMD.is_dir():
        return "systemd doesn't run this machine: there is no journal\n"
    words = [
        JOURNALCTL,
        "--no-pager",
        "--quiet",
        "--no-hostname",  # may be somebody's name, and helps nobody
        "--unit",
        unit,
        "--lines",
        JOURNAL_LINES,
        "--output",
        "short-iso",
    ]
    done = subprocess.run(
        words, capture_output=True, text=True, errors="replace", timeout=LIMIT_S, check=False
    )
    return done.stdout or done.stderr or "nothing; run it with sudo to see the journal\n"


def _samples(what: str) -> str:
    words = [*COMMAND, "export", "--what", what, "--format", "jsonl"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    return done.stdout if done.returncode == 0 else f"couldn't be had: {done.stderr}"
