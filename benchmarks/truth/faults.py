"""What a sample says when something around a test is wrong, as a table: codes, and seconds against the limit."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.agent.measurement_faults import FAULTS, LIMIT_S, is_told, sample_of, told

TITLE = "What goes wrong"
ABOUT = f"""Each fault is set up for real on loopback (`tests/agent/measurement_faults.py`, which the tests use too). A test
of {LIMIT_S:.0f} s at most must come back with a reason, or with a figure and a flag. A busy processor has a table of its
own, above."""


def section() -> str:
    """Sets each fault up and lays out what the samples said."""
    rows = [
        "| what is wrong | figure, Mbit/s | reason or flags | s | as it should |",
        "|---|---|---|---|---|",
    ]
    good = 0
    with tempfile.TemporaryDirectory() as folder:
        for fault in FAULTS:
            sample, seconds = sample_of(fault, Path(folder))
            right = is_told(fault, sample) and seconds <= LIMIT_S
            good += right
            figure = "–" if sample.down_mbps is None else f"{sample.down_mbps:.1f}"
            codes = ", ".join(told(sample)) or "–"
            rows.append(
                f"| {fault.name} | {figure} | {codes} | {seconds:.1f} | {'yes' if right else '**no**'} |"
            )
            print(rows[-1], flush=True)
    count = f"Asked: the right code within {LIMIT_S:.0f} s. Met by {good} of {len(FAULTS)}."
    return "\n\n".join([f"## {TITLE}", "`make truth ONLY=faults`", ABOUT, "\n".join(rows), count])
