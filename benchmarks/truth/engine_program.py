"""One run of one of our engines, as a process of its own: ``MODULE SERVER INTERFACE CA_FILE``.

Prints what it found as one JSON object, with the processor time of each direction's load by itself.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from typing import Any

from agent.engines.plan import NoMeasurement, Plan, Tally
from agent.measure import HOLD_S, LONG_SECONDS, MAX_SECONDS


def main(module: str, server: str, interface: str, ca_file: str) -> None:
    engine = import_module(f"agent.engines.{module}")
    spent: dict[str, tuple[float, float, int]] = {}
    if module == "http":
        _watch(engine, spent)
    tally = Tally()
    found: dict[str, Any] = {"down": None, "up": None, "flags": ()}
    try:
        least_s = float(os.environ.get("LEAST_S", "0"))
        seconds = max(MAX_SECONDS, least_s * LONG_SECONDS / HOLD_S)
        plan = Plan(server, interface or None, seconds, ca_file=ca_file or None, least_s=least_s)
        reading = engine.measure(plan, tally, lambda phase, mbps: None)
        found |= {"down": reading.down_mbps, "up": reading.up_mbps, "flags": reading.flags}
        found |= {
            name: value for name, value in reading.figures.items() if not name.startswith(("down", "up"))
        }
        found |= {"idle_ms": reading.latency_idle_ms, "loaded_ms": reading.latency_loaded_ms}
        found["note"] = reading.detail
    except NoMeasurement as refusal:
        found["note"] = f"{refusal.reason}: {refusal}"
    found |= {"down_bytes": tally.down_bytes, "up_bytes": tally.up_bytes, "spent": spent}
    print(json.dumps(found))


def _watch(engine: Any, spent: dict[str, tuple[float, float, int]]) -> None:
    """Notes processor seconds, seconds and octets of each direction of the http engine."""
    carry = engine._carry

    def timed(server: Any, way: str, *rest: Any) -> Any:
        cpu_s, began = time.process_time(), time.monotonic()
        carried = carry(server, way, *rest)
        moved = carried.marks[-1].payload if carried.marks else 0
        spent[way] = (time.process_time() - cpu_s, time.monotonic() - began, moved)
        return carried

    engine._carry = timed


if __name__ == "__main__":
    main(*sys.argv[1:5])
