"""The librespeed-cli engine. The program isn't to be had from any registry: a stand-in that prints what the
real one's source prints (report/json.go of librespeed/speedtest-cli) is asked in its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.engines import librespeed_cli
from agent.engines.installed_program import Finished
from agent.engines.librespeed_cli import measure
from agent.engines.plan import NoMeasurement, Plan, Reading, Tally
from reports.wire import plain
from tests.agent.programs import FIXTURES, program

REPORT = (FIXTURES / "librespeed_cli.json").read_text()
SEEN = "told = sys.stdin.read()\nprint(asked, told, file=open(sys.argv[0] + '.seen', 'w'))\n"


def ask(server: str | None = None, *, ca_file: str | None = None, tally: Tally | None = None) -> Reading:
    return measure(
        Plan(server, ca_file=ca_file), tally if tally is not None else Tally(), lambda phase, mbps: None
    )


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs a stand-in."""

    def install(body: str) -> Path:
        monkeypatch.setenv("PATH", str(program(tmp_path / "bin", "librespeed-cli", SEEN + body)))
        return tmp_path / "bin" / "librespeed-cli.seen"

    return install


def test_a_report_is_read_and_its_cost_is_tallied(there: Any) -> None:
    seen = there(f"print({REPORT!r})")
    tally = Tally()
    reading = ask(tally=tally)
    assert (reading.down_mbps, reading.up_mbps) == (187.4, 49.31)
    assert reading.latency_idle_ms == 14.73
    assert reading.jitter_ms == 1.9
    assert reading.latency_loaded_ms is None
    assert reading.server == "https://speed.example.org/"
    assert reading.flags == ()
    assert (tally.down_bytes, tally.up_bytes) == (236_000_000, 62_914_560)
    said = seen.read_text()
    assert "--telemetry-level=disabled" in said
    assert "--duration=10" in said
    assert "--server" not in said


def test_who_and_where_the_site_is_goes_nowhere(there: Any) -> None:
    there(f"print({REPORT!r})")
    kept = json.dumps(plain(ask()))
    for private in ("203.0.113.193", "gateway.school", "Springfield", "39.80", "AS64496", "62701"):
        assert private not in kept


def test_a_server_of_ones_own_is_handed_over_as_a_list_of_one(there: Any) -> None:
    seen = there(f"print({REPORT!r})")
    ask("https://speed.school.example/ls/", ca_file="/etc/bandgap/ca.pem")
    said = seen.read_text()
    assert "'--local-json=-', '--server=1', '--ca-cert=/etc/bandgap/ca.pem'" in said
    assert '"server": "https://speed.school.example/ls/"' in said
    assert '"dlURL": "backend/garbage.php"' in said
    assert librespeed_cli.server_entry("http://a/backend")["ulURL"] == "empty.php"
    assert librespeed_cli.server_entry("http://a/v1/measure")["dlURL"] == "garbage.php", "a collector's"


def test_releases_before_1_0_10_print_one_report_and_no_list() -> None:
    found = json.dumps(json.loads(REPORT)[0])
    assert librespeed_cli.reading(librespeed_cli.judge(Finished(0, found, ""))).down_mbps == 187.4


def test_a_rate_of_nothing_is_none_and_not_zero() -> None:
    report = json.loads(REPORT)[0]
    reading = librespeed_cli.reading(report | {"upload": 0.0, "bytes_sent": 0})
    assert reading.up_mbps is None
    assert reading.flags == ("incomplete",)
    with pytest.raises(NoMeasurement) as caught:
        librespeed_cli.reading(report | {"upload": 0.0, "download": 0.0})
    assert caught.value.reason == "too_little"


def test_a_rate_that_its_octets_dont_bear_out_isnt_believed() -> None:
    """Such as one in bit/s, which the program's own help promises and its source doesn't."""
    with pytest.raises(NoMeasurement) as caught:
        librespeed_cli.reading(json.loads(REPORT)[0] | {"download": 187_400_000.0})
    assert caught.value.reason == "implausible"


@pytest.mark.parametrize(
    ("out", "err", "reason"),
    [
        ("null", "", "unreachable"),
        ("[]", "", "unreachable"),
        ("", "Error when fetching server list: dial tcp: lookup librespeed.org: no such host", "dns"),
        ("", 'Terminated due to error: Get "http://x": dial tcp 192.0.2.1:80: connect: connection refused', "refused"),
        ("", "Terminated due to error: tls: failed to verify certificate: x509: unknown authority", "tls"),
        ("", "No server is currently available, please try again later.", "unreachable"),
        ("panic: runtime error", "", "engine_failed"),
        ("", "", "engine_failed"),
    ],
)  # fmt: skip
def test_its_words_become_reasons(out: str, err: str, reason: str) -> None:
    with pytest.raises(NoMeasurement) as caught:
        librespeed_cli.judge(Finished(1, out, err))
    assert caught.value.reason == reason


def test_a_program_that_isnt_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoMeasurement) as caught:
        ask()
    assert caught.value.reason == "engine_missing"


def test_a_program_that_never_ends_is_ended(there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(librespeed_cli, "SLACK_S", -19.5)
    there("time.sleep(60)")
    with pytest.raises(NoMeasurement) as caught:
        ask()
    assert caught.value.reason == "timeout"
