"""How an agent says that it fares: since when it runs, when it last sampled, and why it is quiet if it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reports.wording import later

QUIET = {
    "no_interface": later("there is no WAN interface to read"),
    "clock_not_set": later("the clock isn't set; what is counted will be dated once it is"),
    "store_not_writable": later("its store can't be written; samples wait in memory"),
    "quiet_window": later("a quiet window holds, in which no throughput tests are made"),
    "stopped": later("it was stopped"),
}
"""Why an agent has less to say than it should, each as the end of "quiet because ..."."""

ABSENT = {
    "power": later("the machine was off"),
    "stopped": later("the agent didn't run"),
    "no_internet": later("there was no Internet"),
    "disk_full": later("its disk was full or couldn't be written"),
    "token_refused": later("the collector refused its token"),
    "collector_unreachable": later("it couldn't reach the collector"),
    "collector_failed": later("the collector couldn't take what it sent"),
}
"""Why nothing was heard of an agent for a while, as it tells on its return: the end of "silent because
..."."""


@dataclass(frozen=True, slots=True)
class AgentState:
    """One agent at the moment ``at``. Times are None where the clock wasn't believed.

    ``quiet_because`` is a key of ``QUIET``, or one of a newer agent's; None when nothing is amiss.
    ``undated_minutes`` were counted while the clock wasn't set, and may never get a date.
    ``upload_every_s`` is how often it means to be heard, ``budget_bytes`` what its tests may move in a
    month, ``policy`` the serial of the policy that it follows. The last time that it was due and not heard
    is ``absent_since`` to ``absent_until``, because of a key of ``ABSENT``.
    """

    at: datetime | None = None
    uptime_s: float | None = None
    sampled_at: datetime | None = None
    quiet_since: datetime | None = None
    quiet_because: str | None = None
    undated_minutes: int = 0
    upload_every_s: float | None = None
    budget_bytes: float | None = None
    absent_since: datetime | None = None
    absent_until: datetime | None = None
    absent_because: str | None = None
    policy: int | None = None

    @property
    def reason(self) -> str | None:
        """Why it is quiet, in words."""
        if self.quiet_because is None:
            return None
        return QUIET.get(self.quiet_because, self.quiet_because)
