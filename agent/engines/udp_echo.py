"""Loss on an idle line, by UDP packets that a far end sends back: Debian's program ``irtt``.

250 packets of 160 octets in five seconds, a telephone call's pace (G.711: 50 packets a second), before the
load. What TCP has to send again says little of a line, for a test's own flows fill the queue that drops
them. irtt's server counts what came, so that loss is known each way. Without the program, the server or an
answer there is no figure and a note of why; a test never fails for it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent.engines.installed_program import Finished, environment, run
from agent.engines.plan import NoMeasurement

PROGRAM = "irtt"
SECONDS, EVERY_MS, LENGTH_BYTES = 5, 20, 160
OPENING = "1s,2s"
"""How long to wait for the server's first answer, in turn."""

WAIT = "1s"
"""For the last packets: one that takes longer is lost to a call."""

LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Echo:
    """Shares of packets lost: in all, down and up; and what it cost. ``detail`` says why not."""

    loss_share: float | None = None
    loss_down_share: float | None = None
    loss_up_share: float | None = None
    down_bytes: int = 0
    up_bytes: int = 0
    detail: str | None = None


def measure(server: str, *, seconds: float = SECONDS) -> Echo:
    """The loss on the way to ``server`` (host:port) and back."""
    command = [
        *(PROGRAM, "client", "-Q", "--loose", "-o", "-"),
        *("-d", f"{round(seconds * 1000)}ms", "-i", f"{EVERY_MS}ms", "-l", str(LENGTH_BYTES)),
        *(f"--timeouts={OPENING}", f"--wait={WAIT}", server),
    ]
    try:
        return judge(run(command, environment(os.environ), limit_s=seconds + LIMIT_S))
    except NoMeasurement as refusal:
        why = "isn't installed" if refusal.reason == "engine_missing" else str(refusal)
        return Echo(detail=f"loss: {PROGRAM} {why}")


def judge(done: Finished) -> Echo:
    """The figures of its report, or why it has none."""
    try:
        stats: Mapping[str, Any] = json.loads(done.out)["stats"]
        sent, received = int(stats["packets_sent"]), int(stats["packets_received"])
        far = int(stats.get("server_packets_received") or 0)
        cost = Echo(up_bytes=int(stats["bytes_sent"]), down_bytes=int(stats["bytes_received"]))
    except (KeyError, TypeError, ValueError):
        if not done.in_time:
            return Echo(detail=f"loss: {PROGRAM} had to be ended")
        words = " ".join(done.err.split()).removeprefix("Error: ")[:200]
        return Echo(detail=f"loss: {PROGRAM}: {words or f'no report (status {done.status})'}")
    if not sent:
        return replace(cost, detail=f"loss: {PROGRAM} sent nothing")
    if not (far and received <= far <= sent):  # 0 where the server doesn't count, or nothing came back
        return replace(cost, loss_share=_lost(received, sent))
    return replace(
        cost,
        loss_share=_lost(received, sent),
        loss_down_share=_lost(received, far),
        loss_up_share=_lost(far, sent),
    )


def _lost(arrived: int, sent: int) -> float | None:
    return None if not sent else max(0.0, 1 - arrived / sent)
