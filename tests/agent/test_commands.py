"""The commands as a person types them: what they print, and how they end."""

import csv
import io
import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from agent import store
from tests.agent.speed_server import speed_server
from tests.commands import BANDGAP, bandgap, environment
from tests.loopback import Answer, receipt, serving

SCHOOL = """
[site]
id = "north-elementary"
name = "North Elementary"
students = 420
staff = 38
timezone = "America/Chicago"

[contract]
down_mbps = 500
up_mbps = 500

[measure]
interface = "lo"
engines = ["http"]
"""


def refused(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A check against a port on which nobody listens."""
    return bandgap(environment(tmp_path, SCHOOL), "check", "--server", "http://127.0.0.1:9", *words)


def test_no_words_show_what_there_is(tmp_path: Path) -> None:
    said = bandgap(environment(tmp_path))
    assert said.returncode == 2
    assert "bandgap COMMAND --help" in said.stdout


@pytest.mark.parametrize(
    "command",
    ["check", "run", "report", "packet", "upload", "evidence", "status", "targets", "config", "export", "import", "backup", "restore", "demo", "homework-gap"],
)  # fmt: skip
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    said = bandgap(environment(tmp_path), command, "--help", anew=True)
    assert said.returncode == 0
    assert f"usage: bandgap {command}" in said.stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["chek"], 'bandgap: "chek": no such command, did you mean "check"?'),
        (["check", "--engine", "htp"], 'bandgap: --engine: no engine "htp", did you mean "http"?'),
        (["check", "--target", "setda"], 'bandgap: --target: no target set "setda"'),
        (
            ["check", "--server", "example"],
            'bandgap: --server: found "example", expected an http:// or https:// address',
        ),
        (
            ["report", "--devices", "9"],
            "bandgap: --devices and --testers: say what each takes, as in --kbps 1000",
        ),
        (["report", "--students", "-3"], "bandgap: --students: found -3, expected 0 or more"),
        (
            ["report", "--week", "2025-W53"],
            'bandgap: week "2025-W53": no such ISO week, expected one as in 2026-W47',
        ),
    ],
)
def test_wrong_words_are_one_line_and_exit_2(tmp_path: Path, words: list[str], line: str) -> None:
    said = bandgap(environment(tmp_path), *words)
    assert said.returncode == 2
    assert said.stderr.startswith(line)
    assert said.stderr.count("\n") == 1


def test_a_check_that_measures_nothing_exits_1_with_its_reason(tmp_path: Path) -> None:
    """Never 0 Mbps: the reason stands where the figure would."""
    said = refused(tmp_path)
    assert said.returncode == 1
    assert said.stdout.startswith("No measurement: the server refused the connection")
    assert "Mbps" not in said.stdout


def test_json_has_the_whole_sample(tmp_path: Path) -> None:
    """Null where nothing is known, the reason code, the target it is held against."""
    sample = json.loads(refused(tmp_path, "--json", "--target", "fcc-2014-long").stdout)
    assert (sample["format"], sample["outcome"], sample["reason"]) == (1, "no_measurement", "refused")
    assert sample["down_mbps"] is None
    assert sample["target"]["set"] == "fcc-2014-long"
    assert sample["target"]["required"]["down_mbps"] == 458.0


def test_csv_has_one_row_for_its_header(tmp_path: Path) -> None:
    header = bandgap(environment(tmp_path, SCHOOL), "check", "--csv-header").stdout
    row = refused(tmp_path, "--csv").stdout
    (read,) = csv.DictReader(io.StringIO(header + row))
    assert read["reason"] == "refused"
    assert read["down_mbps"] == ""


def test_simple_is_three_lines_that_speedtest_users_know(tmp_path: Path) -> None:
    """And the reason goes where errors go."""
    said = refused(tmp_path, "--simple")
    assert said.stdout == "Ping: - ms\nDownload: - Mbit/s\nUpload: - Mbit/s\n"
    assert "No measurement" in said.stderr


def test_a_pipe_gets_nothing_but_the_result(tmp_path: Path) -> None:
    """No colour, no progress, nothing on stderr."""
    said = refused(tmp_path)
    assert "\x1b" not in said.stdout
    assert said.stderr == ""


def test_a_failed_check_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    """Failure is data; --no-store keeps nothing."""
    refused(tmp_path, "--no-store")
    assert not (tmp_path / "state" / store.FILE).exists()
    refused(tmp_path)
    report = json.loads(bandgap(environment(tmp_path, SCHOOL), "report", "--format", "json").stdout)
    assert [test["reason"] for test in report["tests"]] == ["refused"]


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_colour_unless_it_declines(tmp_path: Path, no_color: str) -> None:
    """A real pseudo-terminal; NO_COLOR is obeyed."""
    environ = environment(tmp_path, SCHOOL, TERM="xterm", NO_COLOR=no_color)
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*BANDGAP, "status"], env=environ, cwd=tmp_path, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            if not (chunk := os.read(ours, 65_536)):
                break
        except OSError:  # the other side is closed
            break
        seen += chunk
    assert process.wait() == 0
    assert (b"\x1b[31m" in seen) == (not no_color)


def test_status_knows_nothing_and_says_so(tmp_path: Path) -> None:
    """Every line is there; none is made up."""
    said = bandgap(environment(tmp_path), "status").stdout
    for line in ("last sample    none yet", "last test      none yet", "unsent         0 summaries"):
        assert line in said
    assert "For a verdict, set site.students, site.staff, contract.down_mbps" in said


def test_status_as_json_is_for_machines(tmp_path: Path) -> None:
    facts = json.loads(bandgap(environment(tmp_path, SCHOOL), "status", "--json").stdout)
    assert facts["wan_interface"] == "lo"
    assert facts["agent_running"] is False
    assert facts["last_sample_at"] is None


def test_targets_name_their_sources(tmp_path: Path) -> None:
    """The list, and one set with issuer, document, year, address and what it asks of this site."""
    environ = environment(tmp_path, SCHOOL)
    listed = bandgap(environ, "targets").stdout
    assert re.search(r"setda-2-2020-21 +SETDA 2020-21 +SETDA, 2016 +district +1,969 Mbps down", listed)
    one = bandgap(environ, "targets", "setda-2-2020-21").stdout
    assert "Broadband Imperative II" in one
    assert "https://" in one
    assert "SETDA 2020-21 asks 1,969 Mbps down for 458 users x 4.3 Mbps" in one.replace("×", "x")


def test_config_check_tries_what_it_can(tmp_path: Path) -> None:
    """Good settings are said to be good; engines, sets and the token are looked at too."""
    assert "agent.toml: ok" in bandgap(environment(tmp_path, SCHOOL), "config", "check").stdout
    for bad, line in (
        (SCHOOL.replace('["http"]', '["htp"]'), '[measure] engines: no engine "htp", did you mean "http"?'),
        (
            SCHOOL + '[targets]\nsets = ["setda-2-2021"]\n',
            'targets.sets: no target set "setda-2-2021", did you mean',
        ),
        (SCHOOL + '[upload]\ncollector = "https://c.example"\ntoken_file = "/none"\n', "/none: no token;"),
    ):
        said = bandgap(environment(tmp_path, bad), "config", "check")
        assert said.returncode == 78
        assert line in said.stderr


def test_a_store_that_is_none_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / store.FILE).write_text("not a database, but long enough to look like one" * 9)
    said = bandgap(environment(tmp_path, SCHOOL), "status")
    assert said.returncode == 78
    assert "not a bandgap store" in said.stderr


def uploading(tmp_path: Path, url: str) -> dict[str, str]:
    token = tmp_path / "token"
    token.write_text("t0ken-of-thirty-two-characters-xx\n")
    token.chmod(0o600)
    environ = environment(tmp_path, SCHOOL + f'[upload]\ncollector = "{url}"\ntoken_file = "{token}"\n')
    bandgap(environ, "check", "--server", "http://127.0.0.1:9")  # something to summarise
    return environ


def test_upload_show_prints_what_upload_sends(tmp_path: Path) -> None:
    """The very body, to the letter; --show sends nothing, and the token stays at home."""
    with serving(lambda n, body: receipt(body)) as server:
        environ = uploading(tmp_path, server.url)
        shown = bandgap(environ, "upload", "--show")
        assert server.seen == []
        head, body = shown.stdout.split("\n\n", 1)
        sent = bandgap(environ, "upload")
        assert sent.stdout == f"1 summary sent to {server.url}\n"
    ((_, _, headers, received),) = server.seen
    assert json.loads(body) == received
    assert "t0ken" not in shown.stdout
    assert head.startswith(f"POST {server.url}/v1/summaries\n")
    for name in ("Content-Type", "Content-Encoding", "Content-Length", "User-Agent"):
        assert f"{name}: {headers[name]}" in head


def test_what_leaves_is_counters_and_school_facts(tmp_path: Path) -> None:
    """No address, no host name, no user, no server name, no interface name: the keys are these and no others."""
    with serving(lambda n, body: receipt(body)) as server:
        environ = uploading(tmp_path, server.url)
        bandgap(environ, "upload")
    ((_, _, _, received),) = server.seen
    assert set(received) == {"format", "agent", "site", "contract", "summaries"}
    assert set(received["summaries"][0]) == {
        *("kind", "label", "starts_at", "ends_at", "through_at", "usage", "usage_school", "capacity"),
        *("outage_minutes", "tests_down_bytes", "tests_up_bytes"),
    }
    text = json.dumps(received)
    for private in ("127.0.0.1", os.uname().nodename, str(tmp_path)):
        assert private not in text


def test_a_failed_upload_exits_1_and_waits(tmp_path: Path) -> None:
    """The fault is one line, stays in status, and goes when an upload succeeds."""
    broken = True
    with serving(lambda n, body: Answer(503, b"") if broken or body is None else receipt(body)) as server:
        environ = uploading(tmp_path, server.url)
        said = bandgap(environ, "upload")
        assert said.returncode == 1
        assert said.stderr == (
            f"bandgap: {server.url} can't take summaries now (HTTP 503); what waits is kept and tried again\n"
        )
        status = bandgap(environ, "status").stdout
        assert "unsent         1 summary" in status
        assert "can't take summaries now (HTTP 503)" in status
        asked = len(server.seen)
        assert bandgap(environ, "upload", "--scheduled").returncode == 0
        assert len(server.seen) == asked, "the scheduled upload keeps to its backoff"
        broken = False
        assert bandgap(environ, "upload").returncode == 0
    assert "upload fault" not in bandgap(environ, "status").stdout


def test_upload_without_a_collector_says_what_to_set(tmp_path: Path) -> None:
    said = bandgap(environment(tmp_path, SCHOOL), "upload")
    assert said.returncode == 78
    assert "set upload.collector in agent.toml" in said.stderr


def test_a_report_is_written_whole(tmp_path: Path) -> None:
    """--output takes the format from the file's ending, and leaves no draft behind."""
    environ = environment(tmp_path, SCHOOL)
    said = bandgap(environ, "report", "--output", str(tmp_path / "week.html"))
    assert said.stdout == f"{tmp_path}/week.html\n"
    assert (tmp_path / "week.html").read_text().lower().startswith("<!doctype html>")
    assert [path.name for path in tmp_path.glob("*.part")] == []
    nowhere = bandgap(environ, "report", "--output", "/nonexistent/week.html")
    assert (nowhere.returncode, nowhere.stderr) == (
        1,
        "bandgap: /nonexistent/week.html: can't be written: No such file or directory\n",
    )


def test_a_report_without_any_sample_is_a_report(tmp_path: Path) -> None:
    """In every format, with no configuration at all."""
    for form in ("text", "html", "json", "csv"):
        said = bandgap(environment(tmp_path), "report", "--format", form)
        assert (said.returncode, said.stderr) == (0, "")
        assert said.stdout


def test_a_what_if_report_works_with_what_is_supposed_and_says_so(tmp_path: Path) -> None:
    """On the page and as data, with the settings' costs."""
    environ = environment(tmp_path, SCHOOL + "\n[erate]\nnslp_share = 0.62\nlocale = 'rural'\n")
    words = ("report", "--students", "900", "--capacity-down", "800", "--testers", "60", "--kbps", "150")
    said = bandgap(environ, *words)
    assert said.returncode == 0
    assert said.stdout.startswith("What if, not a measurement. Supposed: 900 students, a line that delivers")
    found = json.loads(bandgap(environ, *words, "--format", "json").stdout)
    assert found["gaps"][0]["people"] == 938
    assert found["gaps"][0]["delivered"]["down_mbps"] == 800
    assert found["gaps"][0]["verdict"] == "not enough evidence"
    assert found["what_if"]["testers"] == 60
    assert found["erate"]["nslp_share"] == 0.62


@pytest.mark.quiet
def test_a_check_shows_what_else_it_found_and_the_report_has_it(tmp_path: Path) -> None:
    """On the page in words, as JSON and CSV by name; without an irtt server that answers a note says so."""
    environ = environment(tmp_path, SCHOOL + 'irtt_server = "127.0.0.1:9"\n')
    with speed_server(mbps=40) as url:
        page = bandgap(environ, "check", "--server", url).stdout
        told = json.loads(bandgap(environ, "check", "--server", url, "--json").stdout)
    assert re.search(
        r"^Latency .* idle \(jitter .* ms\), .* under load \([\d,]+ round trips a minute\)$", page, re.M
    )
    assert re.search(r"^Loss .* of the upload's segments sent again$", page, re.M)
    assert re.search(r"^Note .*loss: irtt", page, re.M)
    assert told["jitter_ms"] > 0
    assert told["responsiveness_rpm"] > 0
    assert (told["loss_share"], told["other_down_mbps"], told["own"]["down_mbps"]) == (None, None, None)
    assert told["remarks"] == []
    tests = csv.DictReader(io.StringIO(bandgap(environ, "report", "--format", "csv-tests").stdout))
    assert [float(row["load_s"]) > 2 for row in tests] == [True, True]
