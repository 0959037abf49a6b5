"""Rows of runs as a table: medians of each line and engine, the worst error, and what was doubted."""

from __future__ import annotations

from statistics import median
from typing import Any

HEAD = (
    "| Mbit/s | RTT | others | engine | runs | down, median | worst | up, median | worst | idle ms | MB | s | "
    "CPU s/Gbit | said |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
)


def table(rows: list[dict[str, Any]]) -> str:
    """One line to each line, kind of other traffic, and engine."""
    said = list(HEAD)
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["rate"], row["rtt"], row["background"], row["engine"]), []).append(row)
    for (rate, rtt, who, engine), group in groups.items():
        cells = [f"{rate:g}" if rate else "unshaped", f"{rtt:g}", who, engine, str(len(group))]
        for way in ("down", "up"):
            errors = [error for row in group if (error := error_of(row, way)) is not None]
            cells += [f"{median(errors):+.2%}", f"{max(errors, key=abs):+.2%}"] if errors else ["–", "–"]
        cells += [_median(group, "idle_ms", 2), _median(group, "mb", 1), _median(group, "seconds", 1)]
        cells += [_median(group, "cpu_per_gbit", 3), _said(group)]
        said.append(f"| {' | '.join(cells)} |")
    return "\n".join(said)


def error_of(row: dict[str, Any], way: str) -> float | None:
    """How far a direction's figure is from the truth, as a share of it; None where there is no figure."""
    true = row.get("true_up", row["true"]) if way == "up" else row["true"]
    return row[way] / true - 1 if true and row.get(way) is not None else None


def verdict(rows: list[dict[str, Any]], engines: tuple[str, ...], share: float) -> str:
    """How many of our own runs came within the bar, or said themselves that they are in doubt."""
    ours = [row for row in rows if row["engine"] in engines]
    met = [row for row in ours if meets(row, share)]
    missed = [f"{row['rate']:g} Mbit/s, {row['background']}" for row in ours if row not in met]
    doubted = sum(bool(row["flags"]) for row in met)
    said = f"Asked: {' and '.join(engines)} within {share:.0%} each way, or flagged. Of {len(ours)} runs "
    said += f"{len(met) - doubted} were within, {doubted} flagged"
    return f"{said}; not by: {'; '.join(dict.fromkeys(missed))}." if missed else f"{said}."


def meets(row: dict[str, Any], share: float) -> bool:
    """Within the share of the truth each way, flagged, or no figure and a reason."""
    errors = [error_of(row, way) for way in ("down", "up")]
    if row["flags"] or errors == [None, None]:
        return bool(row["flags"] or row.get("note"))
    return all(abs(error) <= share for error in errors if error is not None)


def _median(group: list[dict[str, Any]], key: str, digits: int) -> str:
    values = [row[key] for row in group if row.get(key) is not None]
    return f"{median(values):.{digits}f}" if values else "–"


def _said(group: list[dict[str, Any]]) -> str:
    """The flags of the runs; of one that had no figure, why."""
    flags: dict[str, int] = {}
    for row in group:
        for flag in row["flags"]:
            flags[flag] = flags.get(flag, 0) + 1
    words = [flag if count == len(group) else f"{flag} ({count})" for flag, count in flags.items()]
    for row in group:
        if row.get("down") is None and row.get("up") is None and row.get("note"):
            words.append(str(row["note"]))
    return ", ".join(dict.fromkeys(words)) or "–"
