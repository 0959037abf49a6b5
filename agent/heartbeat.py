"""The agent's heartbeat: a small file that says now and then how it fares, for those who ask later.

``bandgap status`` shows it, and an upload takes it along, so that the collector can say why a site has little
to say. It is no part of the store: that the store can't be written is one of the things it tells. Lines of
``name=value``; losing one to a power cut loses some minutes' news, so nothing is synced.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from agent import __version__
from reports.agent_state import AgentState

log = logging.getLogger("bandgap")

FILE = "heartbeat"
EVERY_S = 600.0
"""A new file costs its disk five blocks, five times what is in it. What changes in between is the time, which
whoever reads the file knows; a reason for being quiet is told at once."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What the file holds."""

    version: str
    state: AgentState


class Heartbeat:
    """Writes the file of a state folder."""

    def __init__(self, folder: Path, began_s: float) -> None:
        self._path = folder / FILE
        self._began_s = began_s
        self._due_s = 0.0
        self._failed = False
        self.state = AgentState()

    def beat(
        self,
        now_s: float,
        now: datetime | None,
        *,
        sampled: bool,
        because: str | None,
        undated_minutes: int | None = None,
    ) -> bool:
        """Takes how things stand; ``now`` is None while the clock isn't believed. Says whether the reason for
        being quiet changed."""
        changed = because != self.state.quiet_because
        since = self.state.quiet_since
        if because is None:
            since = None
        elif changed or since is None:
            since = now
        self.state = replace(
            self.state,
            at=now,
            uptime_s=round(now_s - self._began_s),
            sampled_at=now if sampled else self.state.sampled_at,
            quiet_since=since,
            quiet_because=because,
            undated_minutes=self.state.undated_minutes if undated_minutes is None else undated_minutes,
        )
        if changed or now_s >= self._due_s:
            self._due_s = now_s + EVERY_S
            self._write()
        return changed

    def _write(self) -> None:
        draft = self._path.with_name(FILE + ".part")
        values = {"version": __version__}
        for field in dataclasses.fields(self.state):
            value = getattr(self.state, field.name)
            if value is not None:
                values[field.name] = value.isoformat() if isinstance(value, datetime) else str(value)
        try:
            draft.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
            draft.replace(self._path)
            self._failed = False
        except OSError as fault:
            if not self._failed:
                log.warning("%s: can't be written: %s", self._path, fault.strerror)
            self._failed = True


def read(folder: Path) -> Beat | None:
    """The last heartbeat of a state folder's agent; None when there is none that can be read."""
    try:
        lines = (folder / FILE).read_text().splitlines()
        values = dict(line.split("=", 1) for line in lines)
        times: dict[str, Any] = {
            name: datetime.fromisoformat(values[name])
            for name in ("at", "sampled_at", "quiet_since")
            if name in values
        }
        state = AgentState(
            **times,
            uptime_s=float(values["uptime_s"]) if "uptime_s" in values else None,
            quiet_because=values.get("quiet_because"),
            undated_minutes=int(values.get("undated_minutes", "0")),
        )
        return Beat(values["version"], state)
    except (OSError, ValueError, KeyError):
        return None
