"""`bandgap import`: what comes in from files, what is refused, and that nothing comes in twice."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import store
from agent.budget import account
from agent.exchange.intake import gather, put
from agent.exchange.recognise import Circumstances, recognise
from agent.exchange.tables import TABLES, rows
from agent.exchange.writers import WRITERS
from agent.history import History
from agent.summarise import make_summaries
from reports.periods import SchoolHours, week_of
from reports.samples import CapacitySample, UsageSample
from reports.sites import Site
from reports.summaries import summarise
from tests.agent.kept_history import START, contents, kept
from tests.agent.killed import at_every_step
from tests.agent.speed_server import speed_server
from tests.commands import bandgap, environment
from tests.loopback import Answer, serving

CONFIG = b"""<?xml version="1.0"?><settings><client ip="203.0.113.77" lat="1" lon="2" isp="A Provider"/>
<server-config ignoreids="" threadcount="1"/><download testlength="1" threadsperurl="1"/>
<upload ratio="6" maxchunkcount="2" testlength="1" threads="1"/></settings>"""
"""What speedtest.net answers a client that asks for its settings, in short."""

HEADER = "Server ID,Sponsor,Server Name,Timestamp,Distance,Ping,Download,Upload,Share,IP Address"
CLI_ROW = '1234,"A Provider, Inc.","Springfield, IL",2026-01-02T03:04:05.678901Z,12.3,20.5,94123456.7,47000000.0,,203.0.113.77'


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, '[site]\ntimezone = "America/Chicago"\n')


def imported(environ: dict[str, str], text: str | bytes, *words: str) -> subprocess.CompletedProcess[str]:
    file = Path(environ["HOME"]) / "history"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return bandgap(environ, "import", "history", *words)


def kept_tests(environ: dict[str, str]) -> list[CapacitySample]:
    with closing(store.open_store(Path(environ["BANDGAP_STATE_DIR"]))) as connection:
        return History(connection).capacity_samples(
            datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        )


def test_speedtest_clis_csv(environ: dict[str, str]) -> None:
    """Bits per second; the public address, the sponsor and its place stay outside."""
    done = imported(environ, f"{HEADER}\n{CLI_ROW}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "history: speedtest-cli's CSV",
        "1 tests: 1 are new, 0 were here already",
        "from 2026-01-02T03:04:05Z to 2026-01-02T03:04:05Z",
    ]
    (test,) = kept_tests(environ)
    assert (test.engine, test.outcome, test.flags) == ("speedtest-cli", "ok", ("imported",))
    assert (test.down_mbps, test.up_mbps, test.latency_idle_ms) == (94.1234567, 47.0, 20.5)
    assert test.server == "speedtest.net 1234"
    kept_bytes = (Path(environ["BANDGAP_STATE_DIR"]) / store.FILE).read_bytes()
    for secret in (b"203.0.113.77", b"A Provider", b"Springfield"):
        assert secret not in kept_bytes


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("header", [True, False])
def test_with_its_header_or_without(environ: dict[str, str], delimiter: str, header: bool) -> None:
    """And whatever --csv-delimiter was; a header in the middle is where files were joined."""
    row = CLI_ROW.replace("A Provider, Inc.", "x").replace("Springfield, IL", "y").replace(",", delimiter)
    other = row.replace("03:04:05", "09:04:05")
    head = HEADER.replace(",", delimiter)
    text = f"{head}\n{row}\n\n{head}\n{other}\n" if header else f"{row}\n{other}\n"
    assert imported(environ, text).returncode == 0
    assert len(kept_tests(environ)) == 2


def speedtest_cli(tmp_path: Path, url: str, *words: str) -> str:
    """The program itself, against a mini server; its settings come from a proxy that stands for speedtest.net."""
    with serving(lambda n, body: Answer(body=CONFIG)) as proxy:
        done = subprocess.run(
            [sys.executable, "-m", "speedtest", "--mini", url, *words],
            env={"PATH": os.environ["PATH"], "http_proxy": proxy.url, "no_proxy": "127.0.0.1"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_speedtest_cli_really_writes(environ: dict[str, str], tmp_path: Path) -> None:
    """--csv, --json, each by itself and one after the other in a file, and without one of the ways."""
    with speed_server() as url:
        row = speedtest_cli(tmp_path, url, "--csv")
        down_only = speedtest_cli(tmp_path, url, "--json", "--no-upload")
        whole = speedtest_cli(tmp_path, url, "--json")
    header = subprocess.run(
        [sys.executable, "-m", "speedtest", "--csv-header"], capture_output=True, text=True, check=True
    ).stdout
    assert header.strip() == HEADER
    assert imported(environ, header + row).returncode == 0
    assert imported(environ, down_only + whole).returncode == 0
    listed = f"[{down_only},{whole}]"
    assert "2 tests: 0 are new, 2 were here already" in imported(environ, listed).stdout
    pretty = json.dumps(json.loads(whole), indent=4)
    assert "1 tests: 0 are new, 1 were here already" in imported(environ, pretty).stdout
    written = json.loads(whole)
    found = kept_tests(environ)
    assert len(found) == 3
    (one_way,) = (test for test in found if test.up_mbps is None)
    (both,) = (test for test in found if test.down_mbps == written["download"] / 1e6)
    (by_csv,) = (test for test in found if test not in (one_way, both))
    assert (both.down_mbps, both.up_mbps) == (written["download"] / 1e6, written["upload"] / 1e6)
    assert (both.down_bytes, both.up_bytes) == (written["bytes_received"], written["bytes_sent"])
    assert by_csv.down_mbps == float(row.split(",")[6]) / 1e6
    assert one_way.up_mbps is None
    assert one_way.flags == ("imported", "incomplete")
    assert {test.server for test in (by_csv, one_way, both)} == {None}


def test_the_same_test_in_csv_and_in_json_is_one(environ: dict[str, str]) -> None:
    entry = {
        "download": 94123456.7,
        "upload": 47000000.0,
        "ping": 20.5,
        "server": {"id": "1234", "sponsor": "A Provider"},
        "timestamp": "2026-01-02T03:04:05.678901Z",
        "bytes_sent": 1,
        "bytes_received": 2,
        "client": {"ip": "203.0.113.77"},
    }
    assert imported(environ, CLI_ROW).returncode == 0
    assert "0 are new, 1 were here" in imported(environ, json.dumps(entry)).stdout


def test_a_test_that_failed_has_no_figure(environ: dict[str, str]) -> None:
    """Nothing both ways is no measurement, and half an hour is no ping."""
    failed = CLI_ROW.replace("94123456.7,47000000.0", "0,0").replace("20.5", "1800000000.0")
    assert imported(environ, failed).returncode == 0
    (test,) = kept_tests(environ)
    assert (test.outcome, test.reason, test.latency_idle_ms) == ("no_measurement", "engine_failed", None)
    assert (test.down_mbps, test.up_mbps) == (None, None)


TRACKERS = {
    "henrywhitaker3's first": (
        "id,ping,download,upload,created_at,updated_at\n"
        '7,20.5,94.1234567,47,"2026-01-02 03:04:05","2026-01-02 03:04:05"\n'
    ),
    "henrywhitaker3's": (
        "id,ping,download,upload,server_id,server_name,server_host,url,scheduled,failed,created_at,updated_at\n"
        "7,20.5,94.1234567,47,1234,A Provider - Springfield,a.example:8080,https://x,1,0,"
        '"2026-01-02 03:04:05","2026-01-02 03:04:05"\n'
    ),
    "alexjustesen's until 1.5": (
        "ID,Service,Download,Upload,Ping,Packet loss,Ping jitter,Result url,Scheduled,Created at,Server ID\n"
        "7,ookla,94123456.7,47000000,20.5,0,1.2,https://x,Yes,2026-01-02 03:04:05,1234\n"
    ),
    "alexjustesen's since 1.6": (
        "ID,Service,Status,Scheduled,Healthy,Created at,Updated at,Comments,Type,Timestamp,Ping jitter,Ping latency,"
        "Download bandwidth,Download bytes,Download latency iqm,Upload bandwidth,Upload bytes,Isp,"
        "Interface externalIp,Server id,Server host\n"
        "7,Ookla,Completed,Yes,No,2026-01-02 03:04:05,2026-01-02 03:04:05,,result,2026-01-02T03:04:20Z,1.2,20.5,"
        "11765432.0875,120000000,31.5,5875000,60000000,A Provider,203.0.113.77,1234,a.example\n"
    ),
    "henrywhitaker3's JSON": json.dumps(
        [
            {
                "id": 7,
                "ping": 20.5,
                "download": 94.1234567,
                "upload": 47,
                "server_id": 1234,
                "failed": False,
                "created_at": "2026-01-02T03:04:05.000000Z",
            }
        ]
    ),
}


@pytest.mark.parametrize("text", TRACKERS.values(), ids=TRACKERS)
def test_speedtest_trackers_units(environ: dict[str, str], text: str) -> None:
    """Mbit/s, bits, or bytes a second: the same line in each of its exports."""
    done = imported(environ, text)
    assert (done.returncode, done.stderr) == (0, "")
    (test,) = kept_tests(environ)
    assert test.down_mbps == pytest.approx(94.1234567)
    assert test.up_mbps == pytest.approx(47)
    assert (test.engine, test.latency_idle_ms) == ("speedtest-tracker", 20.5)
    assert test.started_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert test.flags == ("imported",)
    assert b"203.0.113.77" not in (Path(environ["BANDGAP_STATE_DIR"]) / store.FILE).read_bytes()


def test_speedtest_trackers_local_times(environ: dict[str, str]) -> None:
    done = imported(environ, TRACKERS["henrywhitaker3's"], "--timezone", "America/Chicago")
    assert done.returncode == 0
    (test,) = kept_tests(environ)
    assert test.started_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=ZoneInfo("America/Chicago"))


def test_speedtest_trackers_failures(environ: dict[str, str]) -> None:
    """Failed tests are kept as such; one that was skipped or still ran is none."""
    header, good = TRACKERS["alexjustesen's since 1.6"].splitlines()
    names = header.split(",")

    def row(status: str, hour: int) -> str:
        cells = dict(zip(names, good.split(","), strict=True))
        figures = {name: "" for name in names if name.startswith(("Download", "Upload", "Ping"))}
        return ",".join(
            (cells | figures | {"Status": status, "Created at": f"2026-01-02 0{hour}:00:00"}).values()
        )

    done = imported(environ, "\n".join([header, row("Failed", 1), row("Skipped", 2), row("Running", 3)]))
    assert done.returncode == 0
    assert "left out: 1 tests with status skipped; 1 tests with status running" in done.stdout
    (test,) = kept_tests(environ)
    assert (test.outcome, test.reason) == ("no_measurement", "engine_failed")


def test_importing_twice_adds_nothing(environ: dict[str, str]) -> None:
    for text in (CLI_ROW, *TRACKERS.values()):
        imported(environ, text)
        before = contents(Path(environ["BANDGAP_STATE_DIR"]))
        again = imported(environ, text)
        assert again.returncode == 0
        assert "0 are new, 1 were here already" in again.stdout
        assert contents(Path(environ["BANDGAP_STATE_DIR"])) == before


def test_bad_rows_are_named_and_nothing_comes_in(environ: dict[str, str]) -> None:
    """The first ten by their lines, then how many more; --skip-bad takes the others."""
    bad = [
        CLI_ROW.replace("20.5", "fast"),
        CLI_ROW.replace("94123456.7", "-1"),
        CLI_ROW.replace("94123456.7", "nan"),
        CLI_ROW.replace("2026-01-02T03:04:05.678901Z", "yesterday"),
        CLI_ROW + ",more",
        CLI_ROW.replace("94123456.7", "94123456.7e9"),
        *["torn,"] * 6,
    ]
    text = "\n".join([HEADER, CLI_ROW, *bad])
    done = imported(environ, text)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        'line 3: Ping: found "fast", expected a number',
        'line 4: Download: found "-1", expected a number of 0 or more',
        'line 5: Download: found "nan", expected a number of 0 or more',
        'line 6: Timestamp: found "yesterday", expected a time as in 2026-11-24T08:00:00Z',
        "line 7: found 11 cells, expected 10",
        "line 8: down: 9.41235e+10 Mbps is beyond any line; other units than expected?",
        *(f"line {n}: found 2 cells, expected 10" for n in range(9, 13)),
        "and 2 more",
        "bandgap: history: 12 bad rows, so nothing was imported; mend them, or leave them out with --skip-bad",
    ]
    assert kept_tests(environ) == []
    assert imported(environ, text, "--skip-bad").returncode == 0
    assert len(kept_tests(environ)) == 1


def test_a_dry_run_says_the_same_and_changes_nothing(environ: dict[str, str]) -> None:
    done = imported(environ, CLI_ROW, "--dry-run")
    assert done.returncode == 0
    assert "1 tests: 1 would be new, 0 are here already" in done.stdout
    assert kept_tests(environ) == []


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", 1, "not known by its first line"),
        ("name,age\nx,1\n", 1, "not known by its first line"),
        ('{"a": 1}', 1, "JSON of something else"),
        ("[]", 1, "JSON of something else"),
        ("[1, 2", 1, "no JSON"),
        ("null", 1, "not known by its first line"),
        (b"\xff\xfe\x00\x01" * 99, 1, "not a text file"),
        (",".join(TABLES["summaries"].titles) + "\n", 1, "are made from samples"),
        ('{"vnstatversion":"1.15","jsonversion":"1","interfaces":[]}', 1, "expected 2"),
    ],
)
def test_other_files_are_refused_in_one_line(
    environ: dict[str, str], text: str | bytes, code: int, words: str
) -> None:
    done = imported(environ, text)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert words in done.stderr


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--kind", "vnstat"], "bandgap: --kind vnstat: history is speedtest-cli's CSV"),
        (["--timezone", "Mars"], 'bandgap: --timezone "Mars": no such time zone'),
    ],
)
def test_wrong_words_are_exit_2(environ: dict[str, str], words: list[str], line: str) -> None:
    done = imported(environ, CLI_ROW, *words)
    assert done.returncode == 2
    assert done.stderr.startswith(line)


def test_imported_tests_are_shown_and_enter_no_verdict(environ: dict[str, str]) -> None:
    """They cost this month's budget nothing, and aren't the agent's last test, nor its first."""
    now = datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert imported(environ, CLI_ROW).returncode == 0
    (test,) = kept_tests(environ)
    site = Site(timezone="America/Chicago")
    week = week_of(test.started_at, ZoneInfo(site.timezone))
    capacity = summarise(week, week.ends_at, [], [test], SchoolHours.of(site)).capacity
    assert (capacity.tests_trusted, capacity.tests_untrusted) == (0, 1)
    assert account([test], [], 1e9, 1.0).spent_bytes == 0
    with closing(store.open_store(Path(environ["BANDGAP_STATE_DIR"]))) as connection:
        history = History(connection)
        assert history.last_capacity_sample() is None
        assert history.measuring_since() is None
        assert make_summaries(history, site, now) == 0
    report = bandgap(environ, "report", "--week", "2026-W01")
    words = " ".join(report.stdout.split())
    assert "Untrusted: brought in from another tool, not measured by this agent" in words


def test_summaries_that_were_made_stay_as_they_are(environ: dict[str, str]) -> None:
    """A day that had ended doesn't learn of a test that came in later; nor is its summary sent again."""
    state = kept(Path(environ["BANDGAP_STATE_DIR"]))
    with closing(store.open_store(state)) as connection:
        history, site = History(connection), Site(timezone="UTC")
        now = START + timedelta(days=9)
        make_summaries(history, site, now)
        before = history.waiting()
        history.sent([one for one, _ in before])
        late = CLI_ROW.replace("2026-01-02T03:04:05.678901Z", "2026-11-16T08:30:00Z")
        assert imported(environ, late).returncode == 0
        make_summaries(history, site, now)
        assert history.waiting() == []
        made = dict(connection.execute("SELECT id, body FROM summaries").fetchall())
        assert made == dict(before)


@pytest.mark.once
def test_killed_at_any_step_an_import_is_whole_or_not_there(environ: dict[str, str], tmp_path: Path) -> None:
    lines = [CLI_ROW.replace("03:04:05", f"03:04:{n:02}") for n in range(8)]
    (tmp_path / "history").write_text("\n".join(lines))
    state = Path(environ["BANDGAP_STATE_DIR"])
    kept(state)
    seen = set()
    for _ in at_every_step(environ, "import", "history"):
        seen.add(len(contents(state, "tests")["tests"]))
    assert seen == {4, 12}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("what", [name for name, table in TABLES.items() if table.importable])
def test_an_export_comes_back_row_by_row(tmp_path: Path, what: str, form: str) -> None:
    """Into an empty store: the same rows. Into the one it came from: nothing new."""
    kept(tmp_path / "state")
    there, back = environment(tmp_path), environment(tmp_path, BANDGAP_STATE_DIR=str(tmp_path / "second"))
    assert bandgap(there, "export", "--what", what, "-o", f"out.{form}").returncode == 0
    done = bandgap(back, "import", f"out.{form}")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"bandgap's {what}" in done.stdout
    wanted = contents(tmp_path / "state")
    assert contents(tmp_path / "second") == {name: wanted[name] if name == what else [] for name in wanted}
    assert wanted[what]
    assert "0 are new" in bandgap(there, "import", f"out.{form}").stdout
    assert contents(tmp_path / "state") == wanted


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
_FIGURE = st.one_of(st.none(), st.floats(0, 1e9))
_AT = st.integers(1_000_000_000, 2_000_000_000)
_TEST = st.tuples(
    _TEXT, _AT, _AT, _TEXT, st.one_of(st.none(), _TEXT), st.sampled_from(["ok", "no_measurement"]),
    st.one_of(st.none(), _TEXT), st.one_of(st.none(), _TEXT), _FIGURE, _FIGURE, _FIGURE, _FIGURE,
    st.integers(0, 2**62), st.integers(0, 2**62), st.sampled_from(["[]", '["wifi"]', '["wifi", "tunnel"]']),
    st.one_of(st.none(), _TEXT), _FIGURE,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(_TEST, unique_by=lambda row: row[0], max_size=5), form=st.sampled_from(["csv", "jsonl"])
)
def test_whatever_a_store_holds_comes_back(
    tmp_path_factory: pytest.TempPathFactory, found: Sequence[tuple[Any, ...]], form: str
) -> None:
    """Text of any kind, numbers to their last digit."""
    folder, table = tmp_path_factory.mktemp("any"), TABLES["tests"]
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    with closing(store.open_store(folder / "a")) as here, closing(store.open_store(folder / "b")) as there:
        for row in found:
            ordered = (*row[:1], min(row[1:3]), max(row[1:3]), *row[3:])
            columns = ", ".join(table.names[: len(row)])
            here.execute(
                f"INSERT INTO capacity_samples ({columns}) VALUES ({', '.join('?' * len(row))})", ordered
            )
        with (folder / "out").open("wb") as out:
            WRITERS[form](table, rows(here, table), out)
        if form == "jsonl" and not found:
            return
        with (folder / "out").open(encoding="utf-8-sig", newline="") as file:
            around = Circumstances(START, ZoneInfo("UTC"))
            gathered = gather(there, recognise(folder / "out", file, around).items)
        assert gathered.bad == []
        put(there)
        assert list(rows(there, table)) == list(rows(here, table))


def test_own_rows_are_not_counted_twice(tmp_path: Path) -> None:
    """A slot that is here stays as it is, also when the file knows another interface in it."""
    environ, state = environment(tmp_path), kept(tmp_path / "state")
    other = kept(tmp_path / "other")
    with closing(store.open_store(other)) as connection:
        store.write_minutes(connection, [UsageSample("eth1", START, 60.0, 10**9, 1)])
        store.write_minutes(connection, [UsageSample("eth1", START + timedelta(days=1), 60.0, 5, 1)])
    elsewhere = environ | {"BANDGAP_STATE_DIR": str(other)}
    bandgap(elsewhere, "export", "--what", "usage", "-o", "usage.csv")
    before = contents(state)["usage"]
    done = bandgap(environ, "import", "usage.csv")
    assert "1 are new" in done.stdout
    assert contents(state)["usage"][: len(before)] == before
    assert len(contents(state)["usage"]) == len(before) + 1
