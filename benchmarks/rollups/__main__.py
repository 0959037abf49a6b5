"""Rolls up a made-up fleet's week by DuckDB and by Spark, moves a day out of a store, and writes docs/scale.md.

    .venv/bin/python -m benchmarks.rollups --sites 120000 --output docs/scale.md

The week is 168 hours of every site that speaks, 20 million rows for 120,000 sites, from Parquet as ``bandgap collector
archive`` writes it. DuckDB runs in a process of its own on all cores; Spark on a standalone master and two workers of a
core each, on the same machine. Each query is run once to warm up, then the best of several counts. The archive that was
made is kept in ``--folder`` for the next run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.rollups.document import document
from benchmarks.rollups.measuring import generate, moving, on_duckdb, on_spark


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=120_000)
    parser.add_argument(
        "--moved-sites", type=int, default=10_000, help="of the store that a day is moved out of"
    )
    parser.add_argument("--memory", default="3g", help="of each of Spark's workers")
    parser.add_argument("--no-spark", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/bandgap-rollups"))
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    place = args.folder / f"{args.sites}-sites"
    place.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]  # before anything of ours runs
    rows, size = generate(place, args.sites)
    print(f"{rows:,} hours in {size / 1e6:,.0f} MB of Parquet, {size / rows:.1f} bytes each", flush=True)
    duck, duck_mb = on_duckdb(place)
    for name, cost in duck.items():
        print(
            f"DuckDB {name}: {cost.wall_s:.2f} s, {cost.cpu_s:.2f} s of processor, {cost.rows:,} rows",
            flush=True,
        )
    spark = None
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        if not args.no_spark and (spark := on_spark(place, folder, args.memory)):
            for level, cost in spark[0].items():
                print(f"Spark {level}: {cost.wall_s:.2f} s, {cost.rows:,} rows", flush=True)
        moved = moving(folder, args.moved_sites)
    print(f"{moved.hours:,} hours left a store in {moved.cost.wall_s:.1f} s", flush=True)
    text = document(args.sites, rows, size, duck, duck_mb, spark, moved, load)
    if args.output:
        args.output.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
