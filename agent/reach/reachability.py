"""Reachability in the loop: when to probe, and what becomes of what a probe found.

A probe climbs the ladder in a copy of the loop's process, for it waits where the loop must not. A good one
costs 7 ms of CPU, of which the copy is 6, and holds the loop for less than one. While a throughput test fills
the line nobody probes: what is lost then says nothing of outages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import get_args

from agent.children import Children
from agent.config import ReachabilitySettings
from agent.reach.ladder import Break, climb
from agent.reach.outages import OutageWatch, Probe
from reports.samples import Outage, Rung, Stretch

log = logging.getLogger("bandgap")

KIND = "the reachability probe"
PROBE_LIMIT_S = 12.0
"""The ladder takes five seconds, nine with a look for a portal; a copy that takes longer hangs."""
FIRST_S = 2.0
CONFIRM_S = 10.0
"""How long after a failed probe the next one is made that confirms it."""
GAP_INTERVALS, GAP_S = 2.5, 15.0
"""Probes further apart than this many intervals, or an interval and this long, have a gap between them."""
PORTAL_EVERY_S = 600.0
"""How often a line that seems well is asked for a captive portal."""
TOLD_EVERY_S = 300.0
"""How often a stretch of good probes that goes on is written; a power cut makes as much of it unknown."""
LATE_S = 120.0
"""What the probes found is written with the minute's rows, or by itself when there are none for so long."""

GOOD = "ok"


class Reachability:
    """Probes when it is time. ``ready`` says that what was found should be written now.

    Now and then it looks for a captive portal too, and always after a probe that failed: an outage by a
    portal is to be confirmed, and to end when the portal lets through.
    """

    def __init__(self, settings: ReachabilitySettings, children: Children) -> None:
        self._settings = settings
        self._children = children
        self._watch = OutageWatch(max(settings.every * GAP_INTERVALS, settings.every + GAP_S))
        self._told: Stretch | None = None
        self._asked: tuple[datetime, float] | None = None
        self._due_s: float | None = None
        self._written_s = 0.0
        self._portal_due_s = 0.0

    def poll(self, now_s: float, now: datetime, interface: str | None, busy: Callable[[], bool]) -> None:
        """Begins a probe of the way out of ``interface`` if it is time and no test is ``busy``."""
        if not self._settings.enabled or self._asked:
            return
        if self._due_s is None:
            self._due_s, self._written_s = now_s + min(FIRST_S, self._settings.every), now_s
        if now_s < self._due_s or busy():
            return
        hosts, name = self._settings.hosts, self._settings.dns_name
        portal_check = self._settings.portal_check if now_s >= self._portal_due_s else ""
        if self._children.fork(
            KIND,
            lambda: _word(climb(interface, hosts, name, portal_check=portal_check)),
            now_s=now_s,
            limit_s=PROBE_LIMIT_S,
        ):
            self._asked, self._due_s = (now, now_s), now_s + self._settings.every
            if portal_check:
                self._portal_due_s = now_s + PORTAL_EVERY_S

    def heard(self, said: str | None) -> None:
        """Takes the word of a probe that ended; without one nothing is known, which is no outage."""
        if self._asked is None:
            return
        (at, at_s), self._asked = self._asked, None
        if said is None:
            log.warning("a reachability probe broke off")
            return
        running = self._watch.running
        self._watch.take(Probe(at, at_s, *_read(said)))
        if said != GOOD:
            self._portal_due_s = at_s
        if self._watch.unsure:
            self._due_s = at_s + min(CONFIRM_S, self._settings.every)
        self._say(running)

    def _say(self, before: Outage | None) -> None:
        now = self._watch.running
        if now and not before:
            since = now.started_at.isoformat(timespec="seconds")
            what = {"since": since, "rung": now.rung, "detail": now.detail}
            log.warning("out of reach of the Internet since %(since)s: %(rung)s, %(detail)s", what)
        elif before and not now:
            log.info("in reach of the Internet again")

    def lose_sight(self) -> None:
        """Nobody probes from here on."""
        self._watch.lose_sight()
        self._asked = self._due_s = None

    def shift(self, by: timedelta) -> None:
        """Moves what was found by so much, for its times were counted from boot."""
        self._watch.shift(by)
        self._asked = self._due_s = None

    def ready(self, now_s: float) -> bool:
        """Whether an outage began or changed, or what is unwritten has waited for long."""
        return bool(self._watch.changed) or (bool(self.probed) and now_s - self._written_s >= LATE_S)

    @property
    def outages(self) -> list[Outage]:
        return list(self._watch.changed.values())

    @property
    def probed(self) -> list[Stretch]:
        """What there is to write of when was probed: nothing of what goes on as it was told."""
        parts = list(self._watch.probed.values())
        return [] if self._watch.goes_on and len(parts) == 1 and self._is_told(parts[0]) else parts

    def written(self, now_s: float) -> None:
        """What was to be kept is kept."""
        self._watch.changed.clear()
        if parts := self.probed:
            self._told = parts[-1]
            self._watch.probed.clear()
        self._written_s = now_s

    def _is_told(self, part: Stretch) -> bool:
        """Whether a stretch was told as it was a short while ago."""
        if self._told is None or self._told.starts_at != part.starts_at:
            return False
        return (part.ends_at - self._told.ends_at).total_seconds() < TOLD_EVERY_S


def _word(broken: Break | None) -> str:
    return f"{broken.rung} {broken.detail}" if broken else GOOD


def _read(said: str) -> tuple[Rung | None, str | None]:
    rung, _, detail = said.partition(" ")
    known: dict[str, Rung] = {each: each for each in get_args(Rung)}
    return (None, None) if said == GOOD else (known[rung], detail or None)
