"""`bandgap export`: every row, with its unit, and nothing that a spreadsheet would compute."""

import csv
import io
import json
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agent import store
from agent.exchange.tables import PAGE, TABLES, rows
from reports.samples import UsageSample
from tests.agent.kept_history import START, kept
from tests.commands import bandgap, environment


def exported(tmp_path: Path, *words: str, config: str | None = '[site]\ntimezone = "UTC"\n') -> str:
    if not (tmp_path / "state").exists():
        kept(tmp_path / "state")
    done = bandgap(environment(tmp_path, config), "export", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_times_are_iso_utc_and_what_is_not_known_is_empty(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(tmp_path, "--what", "tests"))))
    assert rows[0]["started_at"] == "2026-11-16T08:00:00Z"
    assert (rows[1]["down_mbps"], rows[1]["reason"], rows[0]["reason"]) == ("", "dns", "")
    assert float(rows[0]["down_mbps"]) == 1 / 3
    assert rows[2]["flags"] == "wifi tunnel"


def test_a_spreadsheet_computes_no_cell(tmp_path: Path) -> None:
    """Text that begins like a formula begins with an apostrophe, and so does text that began with one."""
    exported(tmp_path, "--what", "tests", "-o", "tests.csv")
    with (tmp_path / "tests.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["server"] == "''quoted\", and\r\nbroken"
    assert rows[1]["server"] == '\'=HYPERLINK("http://x")'
    assert rows[1]["detail"] == "'@SUM(A1)"


def test_json_lines_have_null_and_numbers(tmp_path: Path) -> None:
    first, second, third, _ = map(json.loads, exported(tmp_path, "--format", "jsonl").splitlines())
    assert (first["down_mbps"], first["flags"], third["flags"]) == (1 / 3, [], ["wifi", "tunnel"])
    assert second["down_mbps"] is None
    assert first["server"] == "'quoted\", and\r\nbroken"


@pytest.mark.parametrize("what", TABLES)
def test_every_number_wears_its_unit(what: str) -> None:
    """Counts are the ones that have none."""
    units = ("_s", "_ms", "_mbps", "_bytes", "_minutes", "_share", "_rpm")
    counts = ("_expected", "_found", "_trusted", "_untrusted", "_failed", "_days")
    for column in TABLES[what].columns:
        if column.kind == "number":
            assert column.name.endswith(units)
        elif column.kind == "whole":
            assert column.name.endswith(units + counts)


@pytest.mark.parametrize("what", TABLES)
def test_an_empty_store_gives_a_header(tmp_path: Path, what: str) -> None:
    environ = environment(tmp_path)
    (tmp_path / "state").mkdir()
    store.open_store(tmp_path / "state").close()
    assert bandgap(environ, "export", "--what", what).stdout == ",".join(TABLES[what].titles) + "\n"
    assert bandgap(environ, "export", "--what", what, "--format", "jsonl").stdout == ""


def test_summaries_are_laid_flat(tmp_path: Path) -> None:
    """One column for each of their figures, all of them found."""
    (one,) = csv.DictReader(io.StringIO(exported(tmp_path, "--what", "summaries")))
    assert (one["label"], one["capacity_tests_trusted"], one["usage_found"]) == ("2026-W47", "1", "6")
    assert float(one["capacity_best_down_mbps"]) == pytest.approx(1 / 3, abs=1e-6)
    assert one["through_at"] == "2026-11-16T09:00:00Z"


def test_days_are_the_sites_and_the_last_is_included(tmp_path: Path) -> None:
    """08:00 UTC is still the day before in Honolulu."""
    hawaii = '[site]\ntimezone = "Pacific/Honolulu"\n'
    words = ("--what", "outages", "--format", "jsonl")
    assert exported(tmp_path, *words, "--to", "2026-11-14", config=hawaii) == ""
    assert exported(tmp_path, *words, "--from", "2026-11-16", config=hawaii) == ""
    both = exported(tmp_path, *words, "--from", "2026-11-15", "--to", "2026-11-15", config=hawaii)
    assert both.count("\n") == 2


def test_the_format_is_the_files_ending_and_the_file_is_whole(tmp_path: Path) -> None:
    kept(tmp_path / "state")
    done = bandgap(environment(tmp_path), "export", "-o", "out.jsonl", "--what", "usage")
    assert done.stdout == "out.jsonl\n"
    assert len([json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]) == 7
    assert not (tmp_path / "out.jsonl.part").exists()


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["--from", "yesterday"], 2, 'bandgap: --from: found "yesterday", expected a date as in 2026-11-24'),
        (["-o", "nowhere/x.csv"], 1, "bandgap: nowhere/x.csv: can't be written: No such file or directory"),
    ],
)
def test_faults_are_one_line(tmp_path: Path, words: list[str], code: int, line: str) -> None:
    kept(tmp_path / "state")
    done = bandgap(environment(tmp_path), "export", *words)
    assert (done.returncode, done.stderr) == (code, line + "\n")


def test_without_a_store_none_is_made(tmp_path: Path) -> None:
    done = bandgap(environment(tmp_path), "export")
    assert done.returncode == 78
    assert "no such store" in done.stderr
    assert not (tmp_path / "state").exists()


def test_parquet_has_types(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet isn't installed")
    kept(tmp_path / "state")
    done = bandgap(environment(tmp_path), "export", "-o", "tests.parquet")
    assert done.returncode == 0, done.stderr
    table = parquet.read_table(tmp_path / "tests.parquet")
    rows = table.to_pylist()
    assert rows[0]["started_at"] == START
    assert (rows[1]["down_mbps"], rows[2]["flags"]) == (None, ["wifi", "tunnel"])
    assert str(table.schema.field("down_bytes").type) == "int64"


def test_parquet_without_its_library_is_one_line(tmp_path: Path) -> None:
    kept(tmp_path / "state")
    (tmp_path / "pyarrow.py").write_text("raise ImportError('no such library')")
    environ = environment(tmp_path)
    environ["PYTHONPATH"] = f"{tmp_path}:{environ['PYTHONPATH']}"
    done = bandgap(environ, "export", "-o", "tests.parquet")
    assert (done.returncode, done.stderr) == (
        1,
        "bandgap: parquet: pyarrow isn't installed; install it with: pip install 'bandgap[parquet]'\n",
    )
    assert not (tmp_path / "tests.parquet").exists()


def test_pages_join_without_a_gap_or_a_row_twice(tmp_path: Path) -> None:
    """More than a page of minutes, two interfaces in each: keys go on where the page ended."""
    with closing(store.open_store(tmp_path)) as connection:
        store.write_minutes(
            connection,
            (
                UsageSample(name, START + timedelta(minutes=n), 60.0, n, n)
                for n in range(PAGE)
                for name in ("a", "b", "c")
            ),
        )
        found = [row[:2] for row in rows(connection, TABLES["minutes"])]
    assert len(found) == 3 * PAGE
    assert found == sorted(set(found))


@pytest.mark.once
def test_memory_does_not_grow_with_the_history(tmp_path: Path) -> None:
    """Ten times the minutes, the same memory: read by a process that says its peak."""
    peaks = []
    for minutes in (20_000, 200_000):
        folder = tmp_path / str(minutes)
        folder.mkdir()
        with closing(store.open_store(folder)) as connection:
            connection.execute(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
                " INSERT INTO usage_minutes SELECT 1700000040 + i * 60, 'eth0', 60.0, i, i, 1.5, 1.5, 0.0, 0 FROM n",
                [minutes],
            )
        code = (
            "import resource, sys; from agent.cli import main; main(['export', '--what', 'minutes'])\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        environ = environment(tmp_path) | {"BANDGAP_STATE_DIR": str(folder)}
        with (tmp_path / "out.csv").open("wb") as out:
            done = subprocess.run(
                [sys.executable, "-c", code], env=environ, stdout=out, stderr=subprocess.PIPE, check=True
            )
        assert (tmp_path / "out.csv").read_bytes().count(b"\r\n") == minutes + 1
        peaks.append(int(done.stderr))
    assert peaks[1] < peaks[0] + 8_000  # kB; 200,000 rows held at once are over 60,000


def test_an_export_holds_every_column_of_the_store(tmp_path: Path) -> None:
    """A migration that adds one must name it in ``agent/exchange/tables.py``, or a school would lose it."""
    with closing(store.open_store(tmp_path)) as connection:
        for table in (one for one in TABLES.values() if one.importable):
            stored = {row[1] for row in connection.execute(f"PRAGMA table_info({table.stored})")}
            assert stored - {"era"} <= set(table.names), table.name
