"""The ndt7 engine against a server on loopback that keeps to the specification, and one that doesn't."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.engines import ndt7_load, ndt7_told
from agent.engines.ndt7 import measure
from agent.engines.ndt7_locate import servers
from agent.engines.plan import NoMeasurement, Phase, Plan, Reading, Tally
from tests.agent.ndt7_server import ndt7_server
from tests.agent.speed_server import CERTIFICATE
from tests.loopback import Answer, serving


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server on loopback needs no time between two connections."""
    monkeypatch.setattr("agent.engines.tcp_round_trips.PAUSE_S", 0.0)


def ask(
    url: str | None,
    *,
    seconds: float = 10.0,
    octets: int = 200_000_000,
    tally: Tally | None = None,
    **settings: Any,
) -> Reading:
    return measure(
        Plan(url, None, seconds, octets, str(CERTIFICATE)),
        tally if tally is not None else Tally(),
        lambda phase, mbps: None,
        **settings,
    )


def why_not(url: str | None, **kwargs: Any) -> NoMeasurement:
    with pytest.raises(NoMeasurement) as caught:
        ask(url, **kwargs)
    return caught.value


@pytest.mark.parametrize(("tls", "faults"), [(False, ()), (True, ("tells nothing",))])
def test_both_ways_are_measured_and_the_server_may_end_early(tls: bool, faults: tuple[str, ...]) -> None:
    """A server needn't tell what it counts; then an upload is what was acknowledged."""
    seen: list[tuple[Phase, float | None]] = []
    tally, log = Tally(), list[str]()
    with ndt7_server(*faults, tls=tls, log=log) as url:
        reading = measure(
            Plan(url, ca_file=str(CERTIFICATE)), tally, lambda phase, mbps: seen.append((phase, mbps))
        )
    assert reading.server == url
    assert reading.down_mbps == pytest.approx(60, rel=0.2)
    assert reading.up_mbps == pytest.approx(60, rel=0.2)
    assert reading.latency_idle_ms is not None
    assert reading.latency_loaded_ms is not None
    assert "one flow" in (reading.detail or "")
    assert reading.jitter_ms is not None
    assert reading.retransmitted_share is not None
    assert reading.responsiveness_rpm is None, "its loaded round trips are TCP's, no page's"
    assert "incomplete" not in reading.flags
    assert 5_000_000 < tally.down_bytes < 14_000_000
    assert 5_000_000 < tally.up_bytes < 16_000_000
    assert [phase for phase, _ in seen][:2] == ["connect", "latency"]
    assert any(phase == "upload" and mbps for phase, mbps in seen)
    assert [head.split("\r\n")[0].split("?")[0] for head in log if head] == [
        "GET /ndt/v7/download",
        "GET /ndt/v7/upload",
    ]
    assert "User-Agent: bandgap/" in log[0]


def test_a_certificate_that_isnt_trusted_ends_it() -> None:
    with ndt7_server(tls=True) as url, pytest.raises(NoMeasurement) as caught:
        measure(Plan(url), Tally(), lambda phase, mbps: None)
    assert caught.value.reason == "tls"


def test_an_upload_is_what_the_server_counted() -> None:
    with ndt7_server("tells less", seconds=1.7) as url:
        assert ask(url).up_mbps == pytest.approx(30, rel=0.2)


def test_a_server_that_hangs_up_has_ended_the_test() -> None:
    """ "The web is messy": an abrupt end is not a failed test (specification, "WebSocket channel usage")."""
    with ndt7_server("hangs up", seconds=1.8) as url:
        reading = ask(url)
    assert reading.down_mbps == pytest.approx(60, rel=0.2)
    assert reading.up_mbps is not None


def test_a_server_that_never_stops_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndt7_load, "GOODBYE_S", 0.3)
    tally = Tally()
    with ndt7_server("never stops") as url:
        reading = ask(url, seconds=1.3, tally=tally)
    assert reading.down_mbps is not None
    assert reading.up_mbps is not None
    assert tally.down_bytes < 60e6 / 8 * 6


def test_the_data_budget_ends_each_direction_and_says_so() -> None:
    tally = Tally()
    with ndt7_server(seconds=10.0) as url:
        reading = ask(url, octets=8_000_000, tally=tally)
    assert "truncated" in reading.flags
    assert tally.down_bytes < 10_000_000
    assert tally.up_bytes < 10_000_000


def test_a_server_that_stalls_has_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.engines.method.STALL_S", 0.7)
    with ndt7_server("stalls", seconds=20) as url:
        assert why_not(url).reason == "timeout"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("page", "not_a_server"),
        ("no protocol", "not_a_server"),
        ("other protocol", "not_a_server"),
        ("wrong proof", "not_a_server"),
        ("garbage", "not_a_server"),
        ("busy", "server_busy"),
        ("error", "server_error"),
        ("hangs up at once", "too_little"),
    ],
)
def test_what_is_no_ndt7_server_is_named(fault: str, reason: str) -> None:
    with ndt7_server(fault) as url:
        assert why_not(url).reason == reason


def test_binary_messages_in_an_upload_are_against_the_rules() -> None:
    with ndt7_server("sends in an upload") as url:
        reading = ask(url)
    assert reading.up_mbps is None
    assert "incomplete" in reading.flags
    assert "upload" in (reading.detail or "")


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.engines.method.CONNECT_TIMEOUT_S", 0.4)
    with ndt7_server("silent") as url:
        assert why_not(url).reason == "timeout"


def test_nothing_listens_and_no_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert why_not(f"ws://127.0.0.1:{port}").reason == "refused"
    assert why_not("ftp://127.0.0.1").reason == "not_a_server"
    assert why_not("wss://ndt7.invalid").reason == "dns"


@pytest.mark.parametrize(
    "server", [None, "wss://ndt-mlab1-nyc01.mlab-oti.measurement-lab.org", "ws://measurementlab.net"]
)
def test_without_consent_no_server_of_mlab_is_asked(server: str | None) -> None:
    assert why_not(server, locate_url="http://127.0.0.1:9").reason == "ndt7_consent"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (204, b"", "server_busy"),
        (429, b"", "server_busy"),
        (500, b"", "server_error"),
        (200, b"<html>", "not_a_server"),
        (200, b'{"results": []}', "not_a_server"),
        (200, b'{"results": [{"urls": {"wss:///ndt/v7/download": "wss://127.0.0.1:9/ndt/v7/download?access_token=x",'
              b' "wss:///ndt/v7/upload": "wss://127.0.0.1:9/ndt/v7/upload?access_token=x"}}]}', "refused"),
    ],
)  # fmt: skip
def test_what_locate_answers(status: int, body: bytes, reason: str) -> None:
    with serving(lambda number, asked: Answer(status=status, body=body)) as locate:
        found = why_not(None, consent=True, locate_url=f"{locate.url}/v2/nearest/ndt/ndt7")
    assert found.reason == reason
    assert "access_token" not in str(found)
    _, path, headers, _ = locate.seen[0]
    assert path.startswith("/v2/nearest/ndt/ndt7?client_name=bandgap&client_version=")
    assert headers["User-Agent"].startswith("bandgap/")


def test_locates_servers_keep_their_order_and_lose_their_tokens() -> None:
    """After the answer of locate.measurementlab.net/v2/nearest/ndt/ndt7 (m-lab/locate, api/v2)."""
    answer = {
        "results": [
            {
                "machine": f"mlab{number}-nyc0{number}.mlab-oti.measurement-lab.org",
                "location": {"city": "New York", "country": "US"},
                "urls": {
                    f"{scheme}:///ndt/v7/{way}": f"{scheme}://ndt-mlab{number}.measurement-lab.org/ndt/v7/{way}?access_token=secret"
                    for scheme in ("ws", "wss")
                    for way in ("download", "upload")
                },
            }
            for number in (1, 2)
        ]
        + [{"machine": "without addresses"}, "nonsense"]
    }
    found = servers(answer)
    assert [server.name for server in found] == [
        "wss://ndt-mlab1.measurement-lab.org",
        "wss://ndt-mlab2.measurement-lab.org",
    ]
    assert found[0].up == "wss://ndt-mlab1.measurement-lab.org/ndt/v7/upload?access_token=secret"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"TCPInfo": 4, "AppInfo": null}',
        b'{"TCPInfo": {"ElapsedTime": "1", "BytesReceived": -4}}',
        b'{"TCPInfo": {"ElapsedTime": 1e400, "BytesReceived": 4}}',
        b"[" * 30_000,
    ],
)
def test_measurements_that_say_nothing_are_none(text: bytes) -> None:
    assert ndt7_told.parse(text) is None


def test_a_measurement_gives_what_it_has() -> None:
    told = ndt7_told.parse(b'{"AppInfo": {"ElapsedTime": 500000, "NumBytes": 10}, "TCPInfo": {"RTT": 4100}}')
    assert told == ndt7_told.Told(0.5, 10, 4.1)
    told = ndt7_told.parse(b'{"TCPInfo": {"ElapsedTime": 250000, "RTT": 4100}}')
    assert told == ndt7_told.Told(0.25, None, 4.1)


SHIM = """
const fs = require('fs'), path = require('path'), vm = require('vm'), WebSocket = require('ws');
const folder = path.dirname(require.resolve('@m-lab/ndt7'));
global.Worker = class {
  constructor(file) {
    const here = {WebSocket, performance, setTimeout, postMessage: data => this.onmessage({data})};
    here.self = here;
    vm.runInNewContext(fs.readFileSync(path.join(folder, file), 'utf8'), here);
    this.postMessage = data => here.onmessage({data});
  }
  terminate() {}
};
const seen = {};
require('@m-lab/ndt7').test(
  {server: process.argv[2], protocol: 'ws', mlabDataPolicyInapplicable: true},
  {downloadComplete: found => { seen.down = found; }, uploadComplete: found => { seen.up = found; }},
).then(code => { console.log(JSON.stringify({code, ...seen})); process.exit(0); });
"""


@pytest.mark.alone  # npm fetches it, which takes the Internet
def test_mlabs_own_client_takes_our_server_for_one(tmp_path: Path) -> None:
    """What our client is tested against is what M-Lab's own client understands, from npm, as it is."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm aren't installed")
    installed = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "@m-lab/ndt7@0.1.4", "ws@8"],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if installed.returncode:
        pytest.skip("npm can't install @m-lab/ndt7 here")
    (tmp_path / "run.js").write_text(SHIM)
    with ndt7_server() as url:
        done = subprocess.run(
            ["node", "run.js", url.removeprefix("ws://")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    found = json.loads(done.stdout)
    assert found["code"] == 0
    assert found["down"]["LastClientMeasurement"]["MeanClientMbps"] == pytest.approx(60, rel=0.25)
    assert found["up"]["LastServerMeasurement"]["TCPInfo"]["BytesReceived"] > 1_000_000
