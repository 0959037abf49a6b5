"""This machine's agent as its environment names it: settings, state folder, store."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent import paths, policy, store
from agent.config import AgentConfig, load
from reports.faults import Fault

if TYPE_CHECKING:
    from reports.policy import Policy


@dataclass(frozen=True, slots=True)
class Installation:
    """The settings in force, where the state is, and the policy that is laid over the settings."""

    config: AgentConfig
    state: Path
    policy: Policy | None = None

    @property
    def test_lock(self) -> Path:
        return self.state / "test.lock"

    def open(self, *, read_only: bool = False) -> sqlite3.Connection:
        """The store, made if need be. Raises ConfigFault."""
        if not read_only:
            paths.usable(self.state)
        return store.open_store(self.state, read_only=read_only)

    def open_to_read(self) -> sqlite3.Connection:
        """The store as ``open`` gives it, or read-only where it can't be written. Raises Fault."""
        try:
            return self.open()
        except Fault:
            if not (self.state / store.FILE).exists():
                raise
            return self.open(read_only=True)


def find(environ: Mapping[str, str]) -> Installation:
    """Reads the settings that hold here, with the policy that is followed. Raises ConfigFault."""
    root = os.geteuid() == 0
    config = load(paths.config_path(environ, root=root), zone=paths.local_zone(environ))
    state = paths.state_dir(environ, root=root)
    if config.policy.follow and (found := policy.kept(state)) and found.is_for(config.site.id):
        return Installation(policy.laid_over(config, found), state, found)
    return Installation(config, state)
