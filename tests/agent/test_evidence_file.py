"""`bandgap evidence -o`: a third party checks it by its own README, with sha256sum and Python alone."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent import store
from agent.history import History
from tests.agent.lived import BEGUN, live, test_at
from tests.commands import bandgap, environment

SCHOOL = (
    '[site]\nid = "0100005"\nname = "=North Elementary"\nstudents = 400\nstaff = 40\ntimezone = "America/Chicago"\n'
    '[contract]\ndown_mbps = 100\nup_mbps = 100\nprovider = "@Valley Fiber"\n'
)
DAYS = ("--from", "2026-10-05", "--to", "2026-10-07")
CODE = re.compile(r"(?m)^    (\S.*)$")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of an agent's life, with tests of every kind and text that means harm."""
    made = tmp_path_factory.mktemp("school")
    (made / "state").mkdir()
    with closing(store.open_store(made / "state")) as connection:
        history = History(connection)
        bad = test_at(BEGUN + timedelta(hours=30))
        history.add_capacity_sample(
            replace(
                bad,
                id="+failed",
                outcome="no_measurement",
                reason="no_link",
                detail='=cmd|"/C calc"!A1',
                down_mbps=None,
                up_mbps=None,
            )
        )
        history.add_capacity_sample(
            replace(
                bad,
                id="wifi",
                started_at=bad.started_at + timedelta(hours=1),
                flags=("wifi", "tunnel"),
                server="@SUM(1)\r\n=2",
            )
        )
        history.add_capacity_sample(
            replace(bad, id="third", started_at=bad.started_at + timedelta(hours=2), down_mbps=1 / 3)
        )
        live(connection, 3)
    return made


def pack(folder: Path, output: Path, *words: str) -> str:
    said = bandgap(environment(folder, SCHOOL), "evidence", *(words or DAYS), "-o", str(output))
    assert (said.returncode, said.stderr) == (0, "")
    return said.stdout


@pytest.fixture
def unpacked(folder: Path, tmp_path: Path) -> Path:
    pack(folder, tmp_path / "evidence.zip")
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        archive.extractall(tmp_path / "evidence")
    return tmp_path / "evidence"


def by_readme(place: Path) -> tuple[int, str]:
    """What its README says to type, in the folder and with nothing of ours at hand."""
    code, said = 0, ""
    commands = [
        line for line in CODE.findall((place / "README.txt").read_text()) if not line.startswith("sed")
    ]
    assert commands == ["sha256sum -c SHA256SUMS", "python3 check.py"]
    for command in commands:
        words = (
            [sys.executable, "-I", *command.split()[1:]] if command.startswith("python3") else command.split()
        )
        done = subprocess.run(
            words, cwd=place, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
        )
        code, said = code or done.returncode, said + done.stdout + done.stderr
    return code, said


def rows(place: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((place / name).read_bytes().decode(), newline="")))


def test_its_own_readme_checks_it(unpacked: Path) -> None:
    """Every file is in the manifest; the chain and the medians are computed anew and agree."""
    code, said = by_readme(unpacked)
    assert code == 0, said
    assert said.count(": OK\n") == len(list(unpacked.iterdir())) - 1
    assert re.search(r"chain: \d+ links, \d+ summaries of these days, head \d+ [0-9a-f]{64}\n", said)
    assert "delivered: 94.1 Mbps down, 47.05 Mbps up, medians of 4 trusted tests of 6\n" in said
    assert said.endswith("all agrees\n")


def test_a_summary_is_hashed_by_hand_as_readme_says(unpacked: Path) -> None:
    (line,) = [line for line in CODE.findall((unpacked / "README.txt").read_text()) if line.startswith("sed")]
    done = subprocess.run(["sh", "-c", line], cwd=unpacked, capture_output=True, text=True, check=True)
    number = json.loads((unpacked / "summaries.jsonl").read_text().splitlines()[2])["chain"]["number"]
    assert done.stdout.split()[0] == rows(unpacked, "chain.csv")[number - 1]["sha256"]


def test_readme_names_every_file(unpacked: Path) -> None:
    text = (unpacked / "README.txt").read_text()
    for path in unpacked.iterdir():
        assert path.name == "README.txt" or path.name in text
    assert max(map(len, text.splitlines())) <= 90


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("tests.csv", "94.1", "24.1", "figures.json: delivered down is 94.1"),
        ("tests.csv", ",wifi tunnel,", ",,", "tests.csv: wifi: outcome and flags don't say trusted no"),
        ("summaries.jsonl", '"outage_minutes":0', '"outage_minutes":9', "isn't the one that was linked"),
        (
            "figures.json",
            '"median_mbps": 94.1',
            '"median_mbps": 14.1',
            "figures.json: delivered down is 14.1",
        ),
    ],
)
def test_a_change_is_found_even_under_a_new_manifest(
    unpacked: Path, name: str, old: str, new: str, words: str
) -> None:
    """sha256sum finds the file; where the manifest was made anew, check.py finds what doesn't agree."""
    path = unpacked / name
    data = path.read_bytes()
    assert old.encode() in data
    path.write_bytes(data.replace(old.encode(), new.encode()))
    code, said = by_readme(unpacked)
    assert code != 0
    assert f"{name}: FAILED" in said
    assert words in said


def test_a_link_that_was_taken_out_is_found(unpacked: Path) -> None:
    lines = (unpacked / "chain.csv").read_bytes().splitlines(keepends=True)
    (unpacked / "chain.csv").write_bytes(b"".join(lines[:5] + lines[7:]))
    assert "chain.csv: links 5 to 6 are missing" in by_readme(unpacked)[1]


def test_the_same_store_and_days_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """Whenever it is made; and what is printed is the file's own hash and the chain's head."""
    said = [pack(folder, tmp_path / name) for name in ("a.zip", "b.zip")]
    first, second = ((tmp_path / name).read_bytes() for name in ("a.zip", "b.zip"))
    assert first == second
    assert said[0].splitlines()[1] == f"sha256 {hashlib.sha256(first).hexdigest()}"
    head = bandgap(environment(folder, SCHOOL), "evidence", "verify", "--json").stdout
    told = json.loads(head)
    assert said[0].splitlines()[2] == f"chain head {told['through']} {told['head']}"


def test_every_test_is_there_with_its_reason(unpacked: Path) -> None:
    found = {row["id"]: row for row in rows(unpacked, "tests.csv")}
    assert len(found) == 6
    assert (found["'+failed"]["trusted"], found["'+failed"]["down_mbps"]) == ("no", "")
    assert found["'+failed"]["why"].startswith("No measurement: the WAN interface has no link")
    assert found["wifi"]["why"].startswith("Untrusted: the test went over this machine's Wi-Fi; ")
    assert float(found["third"]["down_mbps"]) == 1 / 3
    assert (found["third"]["trusted"], found["third"]["why"]) == ("yes", "Measured")


def test_no_cell_is_a_formula(unpacked: Path) -> None:
    """In no table, whatever a name, a server or an error brought."""
    for path in unpacked.glob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_bytes().decode(), newline="")):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))], path.name


def test_demand_has_every_five_minutes(unpacked: Path) -> None:
    found = rows(unpacked, "demand.csv")
    assert len(found) == 3 * 288
    assert (found[0]["started_at"], found[0]["school_hours"], found[0]["counts"]) == (
        "2026-10-05T05:00:00Z",
        "no",
        "yes",
    )
    assert sum(row["school_hours"] == "yes" for row in found) == 3 * 120


def test_school_days_tell_their_outages(unpacked: Path) -> None:
    found = rows(unpacked, "school_days.csv")
    assert [row["date"] for row in found] == ["2026-10-05", "2026-10-06", "2026-10-07"]
    assert [row["outage_minutes"] for row in found] == ["4.0"] * 3
    assert found[0]["tests_trusted"] == "1"


def test_the_text_says_what_was_bought_and_delivered(unpacked: Path) -> None:
    text = (unpacked / "evidence.txt").read_text()
    assert "Contracted against delivered, 5 to 7 October 2026" in text
    assert re.search(r"Contracted +100.0 Mbps +100.0 Mbps", text)
    assert re.search(r"Delivered, median +94.1 Mbps +47.0", text)
    assert "The chain is whole" in " ".join(text.split())


def test_one_day_and_a_day_with_nothing_are_evidence_too(folder: Path, tmp_path: Path) -> None:
    """An absence of samples is told, and is no error."""
    pack(folder, tmp_path / "none.zip", "--from", "2026-09-01", "--to", "2026-09-01")
    with zipfile.ZipFile(tmp_path / "none.zip") as archive:
        archive.extractall(tmp_path / "none")
    code, said = by_readme(tmp_path / "none")
    assert code == 0, said
    assert "delivered: None Mbps down, None Mbps up, medians of 0 trusted tests of 0" in said


def test_a_broken_chain_is_told_and_found(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "state", tmp_path / "state")
    with closing(store.open_store(tmp_path / "state")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(
            "UPDATE summaries SET body = replace(body, '\"outage_minutes\":0', '\"outage_minutes\":7') WHERE number = 2"
        )
    pack(tmp_path, tmp_path / "evidence.zip")
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        archive.extractall(tmp_path / "evidence")
    code, said = by_readme(tmp_path / "evidence")
    assert code == 1
    assert "summary 2 isn't the one that was linked" in said
    assert "link 2 was edited" in " ".join((tmp_path / "evidence" / "evidence.txt").read_text().split())


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--from", "2026-10-07", "--to", "2026-10-05"), "--to: 2026-10-05 is before --from"),
        (
            ("--from", "2026-10-05", "--to", "2099-01-01"),
            "--to: 2099-01-01 isn't over yet, expected a day that is",
        ),
        (
            ("--from", "5.10.2026", "--to", "2026-10-07"),
            '--from: found "5.10.2026", expected a date as in 2026-11-24',
        ),
    ],
)
def test_bad_days_are_one_line(folder: Path, tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    said = bandgap(environment(folder, SCHOOL), "evidence", *words, "-o", str(tmp_path / "x.zip"))
    assert (said.returncode, said.stderr) == (2, f"bandgap: {line}\n")
    assert not (tmp_path / "x.zip").exists()


def test_a_place_that_takes_no_file_is_one_line(folder: Path) -> None:
    said = bandgap(environment(folder, SCHOOL), "evidence", *DAYS, "-o", "/nonexistent/x.zip")
    assert (said.returncode, said.stderr) == (
        1,
        "bandgap: /nonexistent/x.zip: can't be written: No such file or directory\n",
    )


def test_without_words_it_says_what_it_takes(folder: Path) -> None:
    said = bandgap(environment(folder, SCHOOL), "evidence")
    assert said.returncode == 2
    assert "expected verify, or --from DATE --to DATE -o FILE.zip" in said.stderr
