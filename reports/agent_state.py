"""How an agent says that it fares: since when it runs, when it last sampled, and why it is quiet if it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

QUIET = {
    "no_interface": "there is no WAN interface to read",
    "clock_not_set": "the clock isn't set; what is counted will be dated once it is",
    "store_not_writable": "its store can't be written; samples wait in memory",
    "quiet_window": "a quiet window holds, in which no throughput tests are made",
    "stopped": "it was stopped",
}
"""Why an agent has less to say than it should, each as the end of "quiet because ..."."""


@dataclass(frozen=True, slots=True)
class AgentState:
    """One agent at the moment ``at``. Times are None where the clock wasn't believed.

    ``quiet_because`` is a key of ``QUIET``, or one of a newer agent's; None when nothing is amiss.
    ``undated_minutes`` were counted while the clock wasn't set, and may never get a date.
    """

    at: datetime | None = None
    uptime_s: float | None = None
    sampled_at: datetime | None = None
    quiet_since: datetime | None = None
    quiet_because: str | None = None
    undated_minutes: int = 0

    @property
    def reason(self) -> str | None:
        """Why it is quiet, in words."""
        if self.quiet_because is None:
            return None
        return QUIET.get(self.quiet_because, self.quiet_because)
