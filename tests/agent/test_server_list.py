"""LibreSpeed's lists of servers: what is read from them, and that the nearest server is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent.engines.http import measure
from agent.engines.plan import NoMeasurement, Plan, Tally
from agent.engines.server_list import entries, nearest, read
from agent.installation import find
from agent.test_servers import NOTE, with_lists_read
from tests.agent.speed_server import speed_server
from tests.commands import bandgap, environment
from tests.loopback import Answer, serving

PATHS = {"dlURL": "garbage.php", "ulURL": "empty.php", "pingURL": "empty.php", "getIpURL": "getIP.php"}


def entry(server: str, **changes: Any) -> dict[str, Any]:
    return {"name": server, "server": server, **PATHS, "sponsorName": "X", "sponsorURL": "//x", **changes}


def file_of(folder: Path, *servers: dict[str, Any]) -> Path:
    listed = folder / "servers.json"
    listed.write_text(json.dumps(servers))
    return listed


@contextmanager
def slow_to_answer(delay_s: float, seen: list[str] | None = None) -> Iterator[str]:
    """A server that is so far away, and keeps what it was asked for."""
    waiting = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if seen is not None:
                seen.append(self.path)
            waiting.wait(delay_s)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        waiting.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("listed", "addresses"),
    [
        (entry("https://a.example/"), "https://a.example/{}"),
        (entry("https://a.example"), "https://a.example/{}"),
        (entry("//a.example/backend"), "https://a.example/backend/{}"),
        (entry("http://a.example:8080/x/"), "http://a.example:8080/x/{}"),
    ],
)
def test_paths_are_below_the_server_and_an_address_without_a_scheme_is_https(
    listed: dict[str, Any], addresses: str
) -> None:
    told = " ".join(addresses.format(path) for path in ("garbage.php", "empty.php", "empty.php"))
    assert entries(json.dumps([listed]), "x") == (told,)


def test_a_path_may_be_an_address_of_its_own() -> None:
    listed = entry("//a.example/", dlURL="//b.example/1GB.bin", pingURL="http://c.example/")
    assert entries(json.dumps([listed]), "x") == (
        "https://b.example/1GB.bin https://a.example/empty.php http://c.example",
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{", "x.json is no JSON: "),
        ("{}", "x.json: expected a list of servers, as LibreSpeed has them"),
        ("[]", "x.json: expected a list of servers, as LibreSpeed has them"),
        ("[4]", "x.json: server 1: expected an object with server, dlURL, ulURL, pingURL"),
        (json.dumps([entry("//a"), entry("//b", ulURL="")]), 'x.json: server 2: "ulURL" is missing'),
        (json.dumps([entry("ftp://a")]), 'x.json: server 1: "ftp://a" is no address'),
    ],
)
def test_each_mistake_is_one_line(text: str, line: str) -> None:
    with pytest.raises(NoMeasurement) as caught:
        entries(text, "x.json")
    assert caught.value.reason == "server_list"
    assert str(caught.value.detail).startswith(line)
    assert "\n" not in str(caught.value.detail)


def test_the_nearest_that_answers_comes_first_and_nobody_is_asked_for_an_address() -> None:
    seen: list[str] = []
    with slow_to_answer(0.06) as far, slow_to_answer(0.0, seen) as near:
        listed = [entry("http://127.0.0.1:9"), entry(far), entry(near)]
        found = nearest(entries(json.dumps(listed), "x"))
    assert [each.split()[0] for each in found] == [f"{near}/garbage.php", f"{far}/garbage.php"]
    assert set(seen) == {"/empty.php"}


def test_a_list_of_the_silent_is_no_measurement() -> None:
    with pytest.raises(NoMeasurement, match="none of 1 servers answers"):
        nearest(entries(json.dumps([entry("http://127.0.0.1:9")]), "x"))


def test_the_engine_takes_a_list_itself(tmp_path: Path) -> None:
    with speed_server(mbps=40) as url:
        plan = Plan(str(file_of(tmp_path, entry(url))), max_bytes=20_000_000)
        reading = measure(plan, Tally(), lambda phase, mbps: None)
    assert reading.server == f"{url}/garbage.php"
    assert reading.down_mbps == pytest.approx(40, rel=0.1)


def test_the_nearest_are_kept_while_the_list_is_the_same(tmp_path: Path) -> None:
    """So that a site's tests stay comparable: no new choice because of a millisecond."""
    environ = environment(tmp_path)
    place = find(environ)
    notes = place.open()
    with slow_to_answer(0.0) as one, slow_to_answer(0.06) as other:
        listed = file_of(tmp_path, entry(one), entry(other))
        asked = [("http", str(listed)), ("speedtest-cli", None)]
        first = with_lists_read(asked, place.config, notes)
    assert [str(server).split("/garbage")[0] for _, server in first] == [one, other, "None"]
    assert with_lists_read(asked, place.config, notes) == first, "none of them runs any more"
    with slow_to_answer(0.0) as new:
        file_of(tmp_path, entry(new))
        assert with_lists_read(asked, place.config, notes)[0] == (
            "http",
            f"{new}/garbage.php {new}/empty.php {new}/empty.php",
        )
    notes.close()


def test_a_choice_that_falls_silent_is_made_anew_by_the_next_test(tmp_path: Path) -> None:
    settings = f'[measure]\nengines = ["http"]\nmax_test_mb = 20\nserver = "{tmp_path}/servers.json"\n'
    environ = environment(tmp_path, settings)
    with speed_server(mbps=40) as url:
        with slow_to_answer(0.0) as gone:
            file_of(tmp_path, entry(gone), entry(url))
            notes = find(environ).open()
            kept = {"list": "", "nearest": []}
            with_lists_read([("http", f"{tmp_path}/servers.json")], find(environ).config, notes)
            kept = json.loads(notes.execute("SELECT value FROM notes WHERE key = ?", [NOTE]).fetchone()[0])
            assert len(kept["nearest"]) == 2
        noted = {**kept, "nearest": sorted(kept["nearest"], key=lambda each: url in each)}
        notes.execute("UPDATE notes SET value = ? WHERE key = ?", [json.dumps(noted), NOTE])
        said = json.loads(bandgap(environ, "check", "--json").stdout)
    assert said["server"] == f"{url}/garbage.php"
    assert "http: refused" in said["detail"]
    assert notes.execute("SELECT * FROM notes WHERE key = ?", [NOTE]).fetchone() is None
    notes.close()


def test_a_list_that_cant_be_read_is_a_reason_in_one_line(tmp_path: Path) -> None:
    said = bandgap(
        environment(tmp_path, f'[measure]\nengines = ["http"]\nserver = "{tmp_path}/none.json"\n'), "check"
    )
    assert said.returncode == 1
    assert said.stdout == (
        "No measurement: the list of measurement servers can't be used "
        f"({tmp_path}/none.json can't be read: No such file or directory).\n"
    )


def test_a_list_may_be_at_an_address() -> None:
    listed = json.dumps([entry("//a.example")])
    with serving(lambda n, body: Answer(body=listed.encode())) as server:
        assert read(f"{server.url}/servers.json") == listed
    with serving(lambda n, body: Answer(404)) as server, pytest.raises(NoMeasurement, match="HTTP 404"):
        read(f"{server.url}/servers.json")
