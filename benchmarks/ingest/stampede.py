"""A hundred thousand agents whose collector comes back: a model of how they drain.

Agents wait as ``agent/backoff.py`` says, and no less than a 429 asks; the collector takes so many uploads a
second, lets ``MOST_WAITING`` wait and tells the others to come within ``SPREAD_S`` (``collector/ingest.py``).
Both are the product's own. Run as ``python -m benchmarks.ingest.stampede [FILE]``, which writes the section
of docs/ingest.md.
"""

from __future__ import annotations

import heapq
import random
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.backoff import delay_s
from collector.ingest import MOST_WAITING, SPREAD_S

SEED = 3
HEADING = "\n## A stampede\n"
STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of it. ``most_tries`` are of one agent's upload; ``longest_wait_s`` is between sending and receipt."""

    agents: int
    per_s: float
    within_s: float
    refused: int
    most_tries: int
    most_waiting: int
    longest_wait_s: float
    seconds: float


def drain(agents: int, per_s: float, within_s: float, uploads: int = 1) -> Drained:
    """All agents send their first upload within so many seconds, and the next when they have a receipt."""
    chance = random.Random(SEED)
    coming = [(chance.uniform(0, within_s), n, uploads, 0) for n in range(agents)]
    heapq.heapify(coming)
    queue: deque[tuple[float, int, int]] = deque()
    now = taken = longest = 0.0
    refused = tries = waiting = 0
    while coming or queue:
        now += STEP_S
        while coming and coming[0][0] <= now:
            at, agent, left, failures = heapq.heappop(coming)
            if len(queue) >= MOST_WAITING:
                refused, tries = refused + 1, max(tries, failures + 1)
                wait = delay_s(failures + 1, chance.random(), chance.randint(1, SPREAD_S))
                heapq.heappush(coming, (at + wait, agent, left, failures + 1))
            else:
                queue.append((at, agent, left))
        waiting = max(waiting, len(queue))
        taken = min(taken + per_s * STEP_S, per_s) if queue else 0.0
        while taken >= 1 and queue:
            taken -= 1
            at, agent, left = queue.popleft()
            longest = max(longest, now - at)
            if left > 1:
                heapq.heappush(coming, (now, agent, left - 1, 0))
    return Drained(agents, per_s, within_s, refused, tries + 1, waiting, longest, now)


def section() -> str:
    """What the document says of it."""
    rows = "\n".join(_rows())
    return f"""{HEADING}
A model (`benchmarks/ingest/stampede.py`) with the agents' own waiting and the collector's own bounds: 100,000 agents
send what they kept through an outage, 24 hours in an upload each, all within the time that is named, to a collector
that takes so many uploads a second. Past {MOST_WAITING:,} uploads that wait, the others are told to come again within
{SPREAD_S} s; nobody's upload is lost, and memory stays what it was. After an outage of hours agents are spread over half an
hour anyway, by their own waiting.

| all within s | uploads taken /s | drained after s | told to wait | most tries | most waiting | longest wait for a receipt s |
|---|---|---|---|---|---|---|
{rows}
"""


def _rows() -> Iterator[str]:
    for within_s in (1.0, 60.0, 1800.0):
        for per_s in (200.0, 1000.0, 5000.0):
            one = drain(100_000, per_s, within_s)
            yield (
                f"| {within_s:,.0f} | {per_s:,.0f} | {one.seconds:,.0f} | {one.refused:,} | {one.most_tries} "
                f"| {one.most_waiting:,} | {one.longest_wait_s:.1f} |"
            )


def main(words: list[str]) -> None:
    text = section()
    print(text)
    if words:
        file = Path(words[0])
        file.write_text(file.read_text().partition(HEADING)[0].rstrip("\n") + "\n" + text)


if __name__ == "__main__":
    main(sys.argv[1:])
