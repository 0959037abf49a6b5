"""What `bandgap check` prints of its result: a page, three lines, JSON, or a CSV row."""

from __future__ import annotations

import csv
import json
import os
import sys
from dataclasses import fields

from agent.config import AgentConfig
from agent.second_test import counting
from agent.terminal import colourful, paint
from reports import sentences
from reports.sample_words import burst, line_rate, loss, round_trips
from reports.samples import CapacitySample
from reports.targets import Requirement, TargetSet
from reports.wire import plain


def show(
    form: str,
    tests: tuple[CapacitySample, ...],
    target: TargetSet,
    asked: Requirement,
    config: AgentConfig,
) -> None:
    """Prints what one check found, as a page for a person or in the form that was asked for."""
    sample = counting(tests)
    other = next((test for test in tests if test is not sample), None)
    verdict = sentences.check_verdict(sample, target, asked, config.evidence)
    if form == "json":
        held = {"set": target.id, "name": target.name, "required": plain(asked.rates), "terms": asked.terms}
        derived = {"trusted": sample.trusted, "remarks": list(sample.remarks), "own": plain(sample.own)}
        data = {"format": 1, **plain(sample), **derived, "target": held, "verdict": verdict}
        print(json.dumps(data | {"other_test": plain(other) if other else None}, indent=2))
    elif form == "csv":
        csv.writer(sys.stdout).writerow(_row(sample))
    elif form == "simple":
        print(f"Ping: {_two(sample.latency_idle_ms)} ms")
        print(f"Download: {_two(sample.down_mbps)} Mbit/s")
        print(f"Upload: {_two(sample.up_mbps)} Mbit/s")
        if sample.outcome != "ok":
            print(f"bandgap: {sentences.outcome(sample)}", file=sys.stderr)
    else:
        _page(sample, other, target, asked, verdict, config)


def _page(
    sample: CapacitySample,
    other: CapacitySample | None,
    target: TargetSet,
    asked: Requirement,
    verdict: str,
    config: AgentConfig,
) -> None:
    colour = colourful(sys.stdout, os.environ)
    if sample.outcome == "ok":
        seconds = (sample.ended_at - sample.started_at).total_seconds()
        cost = sentences.octets(sample.down_bytes + sample.up_bytes)
        both = f"{sentences.octets(sample.down_bytes)} down, {sentences.octets(sample.up_bytes)} up"
        lines: list[tuple[str, str | None]] = [
            ("Down", paint(line_rate(sample.down_mbps, sample.other_down_mbps), "strong", colour=colour)),
            ("Up", paint(line_rate(sample.up_mbps, sample.other_up_mbps), "strong", colour=colour)),
            ("Latency", round_trips(sample)),
            ("Loss", loss(sample)),
            ("Burst", burst(sample)),
            ("Spent", f"{cost} ({both}) in {seconds:.1f} s"),
            ("Server", f"{sample.server or 'unknown'} (engine {sample.engine})"),
            ("Target", sentences.asks(target, asked)),
        ]
        if sample.detail:
            lines.append(("Note", sample.detail))
        if sample.flags:
            lines.append(("Doubt", paint(sentences.outcome(sample), "unsure", colour=colour)))
        if other:
            figures = f"{sentences.both_rates(other)}, " if other.outcome == "ok" else ""
            where = f"{other.server or 'no server'} (engine {other.engine})"
            lines.append(("Other", f"{figures}{where}: {sentences.outcome(other)}"))
        for name, words in lines:
            if words:
                print(f"{paint(f'{name:<8}', 'faint', colour=colour)} {words}")
        print()
    print(verdict)
    if sample.outcome == "ok" and config.missing_for_a_verdict:
        print(config.missing_for_a_verdict)


def _row(sample: CapacitySample) -> list[object]:
    values = plain(sample)
    values["flags"] = " ".join(values["flags"])
    return ["" if values[f.name] is None else values[f.name] for f in fields(CapacitySample)]


def _two(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.2f}"
