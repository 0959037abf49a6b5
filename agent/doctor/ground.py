"""Where the checks look: this machine's own folders and clock, or a test's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.config import AgentConfig
from agent.installation import Installation
from agent.reach.ladder import HERE, Ground
from agent.service_manager import SYSTEMD
from agent.wan import default_interface


@dataclass(frozen=True, slots=True)
class Patient:
    """One gateway to look at. ``systemd`` is the folder that is there where systemd is PID 1."""

    place: Installation
    environ: Mapping[str, str]
    now: datetime
    ground: Ground = HERE
    systemd: Path = SYSTEMD
    sys: Path = field(default=Path("/sys"))

    @property
    def config(self) -> AgentConfig:
        return self.place.config

    @property
    def state(self) -> Path:
        return self.place.state

    @property
    def interface(self) -> str | None:
        named = self.config.measure.interface
        return default_interface(self.ground.proc) if named == "auto" else named
