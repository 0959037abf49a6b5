"""The chart of a week's school hours by charting libraries and by ours: size, import, memory, time.

    .venv/bin/python -m benchmarks.chart_libraries --pictures FOLDER

Each draws 2,016 five-minute means down and up and three levels as SVG to stand inside a page, in a process of its
own: the octets of the SVG, milliseconds to import, megabytes resident at the end beyond those of a bare Python, and
milliseconds to draw; the least of several runs. ``script`` says whether the SVG brings one. Libraries that aren't
installed are left out: pip install pygal matplotlib leather altair vl-convert-python.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEANS = 2016
LEVELS = (("Contract", 250.0), ("Delivered", 180.6), ("Target", 320.0))
COLUMNS = ("library", "kB", "import ms", "draw ms", "MB", "script")

Draw = Callable[[list[float], list[float]], str]


def week() -> tuple[list[float], list[float]]:
    """Mbit/s down and up of each five minutes of a school's week."""
    down = []
    for n in range(MEANS):
        day, hour = divmod(n / 12, 24)
        busy = math.exp(-(((hour - 11.5) / 2.5) ** 2)) if day < 5 else 0.02
        down.append(4 + 110 * busy * (1 + 0.2 * math.sin(n * 1.7)))
    return down, [value * 0.1 + 0.5 for value in down]


def ours() -> Draw:
    """The very chart of the weekly report, from a report of these means."""
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from reports.charts import WIDE, demand_plot
    from reports.evidence import EvidenceRule
    from reports.formats.html_templates import PAGES
    from reports.periods import week_named
    from reports.samples import UsageSample
    from reports.sites import Contract, Site
    from reports.week import weekly_report

    period = week_named("2026-W47", ZoneInfo("UTC"))

    def at(n: int) -> datetime:
        return period.starts_at + timedelta(minutes=5 * n)

    def draw(down: list[float], up: list[float]) -> str:
        usage = [
            UsageSample("wan0", at(n), 300.0, int(d * 37_500_000), int(u * 37_500_000), d, u, 0.0)
            for n, (d, u) in enumerate(zip(down, up, strict=True))
        ]
        report = weekly_report(
            Site(), Contract(250.0, 50.0), [], EvidenceRule(), period, usage, [], made_at=period.ends_at,
            measuring_since=period.starts_at,
        )  # fmt: skip
        charts: Any = PAGES.get_template("charts.html").module
        begins = time.perf_counter()
        text = str(charts.time_chart(demand_plot(report, WIDE), "week", "Demand", "Demand"))
        draw.took_s = time.perf_counter() - begins  # type: ignore[attr-defined]  # the report isn't the chart's
        return text

    return draw


def by_pygal() -> Draw:
    import pygal

    def draw(down: list[float], up: list[float]) -> str:
        chart = pygal.Line(
            width=760, height=218, show_dots=False, x_labels=range(MEANS), show_x_labels=False, js=[]
        )
        chart.add("down", down, fill=True)
        chart.add("up", up)
        for name, mbps in LEVELS:
            chart.add(name, [mbps] * MEANS)
        return str(chart.render(disable_xml_declaration=True))

    return draw


def by_matplotlib() -> Draw:
    import io

    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams["svg.fonttype"] = "none"

    def draw(down: list[float], up: list[float]) -> str:
        figure, axes = pyplot.subplots(figsize=(7.6, 2.18))
        axes.fill_between(range(MEANS), down, alpha=0.3)
        axes.plot(down)
        axes.plot(up)
        for name, mbps in LEVELS:
            axes.axhline(mbps)
            axes.text(MEANS, mbps, name)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
        return out.getvalue()

    return draw


def by_leather() -> Draw:
    import leather

    def draw(down: list[float], up: list[float]) -> str:
        chart = leather.Chart("Demand")
        for name, values in (("down", down), ("up", up)):
            chart.add_line(list(enumerate(values)), name=name)
        for name, mbps in LEVELS:
            chart.add_line([(0, mbps), (MEANS, mbps)], name=name)
        return str(chart.to_svg(width=760, height=218))

    return draw


def by_altair() -> Draw:
    import altair
    import vl_convert

    def draw(down: list[float], up: list[float]) -> str:
        rows = [{"n": n, "down": d, "up": u} for n, (d, u) in enumerate(zip(down, up, strict=True))]
        altair.data_transformers.disable_max_rows()
        base = altair.Chart(altair.Data(values=rows)).encode(x="n:Q")
        levels = [
            altair.Chart(altair.Data(values=[{"y": mbps}])).mark_rule().encode(y="y:Q") for _, mbps in LEVELS
        ]
        lines = [base.mark_area(opacity=0.3).encode(y="down:Q"), base.mark_line().encode(y="up:Q")]
        chart = altair.layer(*lines, *levels).properties(width=760, height=218)
        return str(vl_convert.vegalite_to_svg(json.dumps(chart.to_dict(validate=False))))

    return draw


LIBRARIES: dict[str, tuple[str, Callable[[], Draw]]] = {
    "ours": ("jinja2", ours),
    "pygal": ("pygal", by_pygal),
    "leather": ("leather", by_leather),
    "matplotlib": ("matplotlib", by_matplotlib),
    "altair, vl-convert": ("vl_convert", by_altair),
}


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def one(name: str, file: str | None) -> None:
    """Draws once in this process and prints what it took."""
    down, up = week()
    bare_mb, begins = resident_mb(), time.perf_counter()
    draw = LIBRARIES[name][1]()
    imported = time.perf_counter()
    svg = draw(down, up)
    took_s = getattr(draw, "took_s", time.perf_counter() - imported)
    if file:
        Path(file).write_text(svg, encoding="utf-8")
    found = {
        "kB": len(svg.encode()) / 1000,
        "import ms": (imported - begins) * 1000,
        "draw ms": took_s * 1000,
        "MB": resident_mb() - bare_mb,
        "script": "<script" in svg,
    }
    print(json.dumps(found))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pictures", metavar="FOLDER", help="leave each SVG there")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        one(args.one, args.file)
        return 0
    print(f"| {' | '.join(COLUMNS)} |\n| --- | ---: | ---: | ---: | ---: | --- |")
    for name, (module, _) in LIBRARIES.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name}: not installed", file=sys.stderr)
            continue
        command = [sys.executable, "-m", "benchmarks.chart_libraries", "--one", name]
        if args.pictures:
            Path(args.pictures).mkdir(parents=True, exist_ok=True)
            command += ["--file", f"{args.pictures}/{module}.svg"]
        runs = [
            json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            for _ in range(args.runs)
        ]
        least = {key: min(run[key] for run in runs) for key in runs[0]}
        figures = " | ".join(f"{least[key]:,.0f}" for key in COLUMNS[1:-1])
        print(f"| {name} | {figures} | {'yes' if least['script'] else 'no'} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
