"""The gateway's counters in the loop: when to ask, and what becomes of what it says.

A gateway that doesn't answer is a gap, not zero traffic. What passes during a throughput test, and until the
gateway has refreshed its counters after it, is the test's and not the school's. Counters that stand still are
waited for, since a device that refreshes them rarely isn't a line that is idle: their bytes belong to the
whole time since they last moved. That is also why the highest rate of a minute is its mean.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import astuple
from datetime import datetime, timedelta

from agent.children import Children
from agent.minutes import MinuteFold
from agent.snmp import port
from agent.snmp.asking import ask
from agent.snmp.port import REFRESH_S, PortReading
from agent.snmp.settings import SnmpSettings
from reports.faults import Fault

log = logging.getLogger("bandgap")

KIND = "the gateway's counters"
LIMIT_S = 30.0
"""Finding a port takes three runs of net-snmp's programs."""
LONGEST_GAP_S = 60.0
"""Readings further apart than this don't say in which minutes their bytes passed."""
TELL_EVERY_S = 3600.0
GOOD = "ok"


class GatewayCounters:
    """Asks for the counters of one port of the gateway, when it is time."""

    kind = KIND

    def __init__(
        self, settings: SnmpSettings, children: Children, fold: MinuteFold, environ: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._children = children
        self._fold = fold
        self._environ = environ
        self._longest_s = max(LONGEST_GAP_S, 5 * settings.poll_every)
        self._before: PortReading | None = None
        self._index: int | None = None
        self._asked = False
        self._due_s = self._tested_s = -1e9
        self._told: dict[str, float] = {}

    def poll(self, now_s: float, *, testing: bool) -> None:
        """Asks, unless it isn't time or the last question isn't answered yet."""
        if testing:
            self._tested_s = now_s
        if self._asked or now_s < self._due_s:
            return
        settings, environ, index = self._settings, self._environ, self._index
        if self._children.fork(KIND, lambda: _word(settings, environ, index), now_s=now_s, limit_s=LIMIT_S):
            late = now_s - self._due_s >= settings.poll_every
            self._asked, self._due_s = True, (now_s if late else self._due_s) + settings.poll_every

    def heard(self, said: str | None, now_s: float, now: datetime) -> None:
        """Takes what the gateway said, or why it said nothing."""
        if not self._asked:
            return  # an answer to other settings
        self._asked = False
        kind, _, words = (said or "it broke off").partition("\t")
        if kind != GOOD:
            self._tell(words or kind, now_s)
            return
        after = _read(words)
        self._index = after.index
        if self._before is None or self._tested_s > self._before.at_s - REFRESH_S:
            self._before = after
            return
        delta = port.delta(self._before, after, self._longest_s)
        stands_still = delta.lost is None and after.up and not (delta.rx_bytes or delta.tx_bytes)
        if stands_still and delta.interval_s < REFRESH_S:
            return
        if delta.lost:
            self._tell(delta.lost, now_s)
        # Without its address, which may be the site's public one.
        self._fold.add(
            f"gateway {after.name}", delta, now - timedelta(seconds=now_s - after.at_s), link_up=after.up
        )
        self._before = after

    def _tell(self, what: str, now_s: float) -> None:
        """One line a reason and hour."""
        kind = what.lstrip("0123456789. ")
        if now_s - self._told.get(kind, -1e9) >= TELL_EVERY_S:
            self._told[kind] = now_s
            log.warning("demand isn't counted: %s", what)


def _word(settings: SnmpSettings, environ: Mapping[str, str], index: int | None) -> str:
    """A reading, or why there is none, as one line."""
    try:
        return "\t".join((GOOD, *map(str, astuple(ask(settings, environ, index)))))
    except Fault as fault:
        return f"fault\t{fault}"


def _read(words: str) -> PortReading:
    at_s, index, up, speed, *numbers, name = words.split("\t")
    uptime, renewed, bits, rx, tx = map(int, numbers)
    speed_mbps = None if speed == str(None) else float(speed)
    return PortReading(
        float(at_s), int(index), up == str(True), speed_mbps, uptime, renewed, bits, rx, tx, name
    )
