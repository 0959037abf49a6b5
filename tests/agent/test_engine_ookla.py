"""The ookla engine. Ookla's program is closed and isn't to be had from any registry: a stand-in that says
what the real one was seen to say is asked in its place, and only that can be promised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.engines import ookla
from agent.engines.installed_program import Finished
from agent.engines.ookla import measure
from agent.engines.plan import NoMeasurement, Plan, Reading, Tally
from reports.wire import plain
from tests.agent.programs import FIXTURES, program

RESULT = (FIXTURES / "ookla_result.json").read_text()
OOKLAS = """
if asked == ['--version']:
    print('Speedtest by Ookla 1.2.0.84 (ea6b6773cf) Linux/x86_64-linux-musl 6.1.0 x86_64')
    sys.exit()
print(asked, os.environ.get('HOME'), os.path.isdir(os.environ.get('HOME', '')), file=open(sys.argv[0] + '.seen', 'w'))
"""
LICENCE = """
if '--accept-license' not in asked:
    print('To accept the message please run speedtest interactively or use the following:', file=sys.stderr)
    print('    speedtest --accept-license', file=sys.stderr)
    sys.exit(1)
"""


def ask(server: str | None = None, *, accepted: bool = True, tally: Tally | None = None) -> Reading:
    return measure(
        Plan(server),
        tally if tally is not None else Tally(),
        lambda phase, mbps: None,
        licence_accepted=accepted,
    )


def why_not(**kwargs: Any) -> NoMeasurement:
    with pytest.raises(NoMeasurement) as caught:
        ask(**kwargs)
    return caught.value


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs a stand-in that says something after Ookla's version."""

    def install(body: str) -> Path:
        monkeypatch.setenv("PATH", str(program(tmp_path / "bin", "speedtest", OOKLAS + body)))
        monkeypatch.setenv("HOME", str(tmp_path))
        return tmp_path / "bin" / "speedtest.seen"

    return install


def test_a_result_is_read_and_its_cost_is_tallied(there: Any) -> None:
    seen = there(f"print({RESULT!r})")
    tally = Tally()
    reading = ask(tally=tally)
    assert reading.down_mbps == pytest.approx(188.757, abs=0.001)
    assert reading.up_mbps == pytest.approx(94.0, abs=0.001)
    assert reading.latency_idle_ms == 8.25
    assert (reading.jitter_ms, reading.loss_share) == (0.512, 0.0)
    assert reading.latency_loaded_ms == pytest.approx(22.5)
    assert reading.server == "speedtest.example.net"
    assert reading.flags == ()
    assert (tally.down_bytes, tally.up_bytes) == (248_400_056, 134_002_683)
    assert "--format=json" in seen.read_text()


def test_who_and_where_the_site_is_goes_nowhere(there: Any) -> None:
    there(f"print({RESULT!r})")
    kept = json.dumps(plain(ask()))
    for private in ("203.0.113.193", "192.168.1.18", "02:00:5E", "Valley Fiber", "Springfield", "8a3e243d"):
        assert private not in kept


def test_a_direction_without_a_figure_is_none_and_not_zero() -> None:
    result = json.loads(RESULT)
    result["upload"] = {"bandwidth": 0, "bytes": 0, "elapsed": 0}
    reading = ookla.reading(result)
    assert reading.up_mbps is None
    assert reading.flags == ("incomplete",)
    assert reading.latency_loaded_ms == 18.997
    with pytest.raises(NoMeasurement) as caught:
        ookla.reading({"type": "result", "ping": {}, "download": None})
    assert caught.value.reason == "too_little"


def test_the_licence_is_accepted_by_the_settings_alone(there: Any) -> None:
    seen = there(LICENCE + f"print({RESULT!r})")
    assert why_not(accepted=False).reason == "ookla_licence"
    assert "--accept" not in seen.read_text()
    assert ask(accepted=True).down_mbps is not None
    assert "--accept-license" in seen.read_text()
    assert "--accept-gdpr" in seen.read_text()


def test_it_has_a_home_of_its_own_for_as_long_as_it_runs(there: Any) -> None:
    seen = there(f"print({RESULT!r})")
    ask()
    said = seen.read_text()
    assert "bandgap-ookla-" in said
    assert said.endswith("True\n")
    assert not Path(said.split("] ")[1].split(" ")[0]).exists()


@pytest.mark.parametrize(
    ("server", "word"), [("49834", "--server-id=49834"), ("speed.example.net", "--host=speed.example.net")]
)
def test_a_server_is_a_number_or_a_host(server: str, word: str, there: Any) -> None:
    seen = there(f"print({RESULT!r})")
    ask(server)
    assert word in seen.read_text()


def test_speedtest_clis_program_of_the_same_name_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = program(tmp_path / "first", "speedtest", "print('speedtest-cli 2.1.3')")
    monkeypatch.setenv("PATH", str(other))
    refusal = why_not()
    assert refusal.reason == "engine_missing"
    assert "isn't Ookla's" in (refusal.detail or "")
    real = program(tmp_path / "second", "speedtest", OOKLAS + f"print({RESULT!r})")
    monkeypatch.setenv("PATH", f"{other}:{real}")
    assert ask().down_mbps is not None


def test_a_program_that_isnt_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert why_not().reason == "engine_missing"


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ('{"type":"log","level":"error","message":"Configuration - Could not retrieve or read configuration (ConfigurationError)"}', "unreachable"),
        ('{"type":"log","level":"error","message":"Configuration - No servers defined (NoServersException)"}', "not_a_server"),
        ('{"type":"log","level":"error","message":"Limit reached: Too many requests"}', "server_busy"),
        ('{"error":"Cannot open socket: Timeout occurred in connect."}', "timeout"),
        ('{"error":"Cannot open socket"}', "unreachable"),
        ('{"error":"Upload test failed"}', "engine_failed"),
        ('{"type":"log","level":"warning","message":"x"}', "engine_failed"),
        ("Segmentation fault", "engine_failed"),
        ("[4]", "engine_failed"),
        ("", "engine_failed"),
    ],
)  # fmt: skip
def test_its_words_become_reasons(out: str, reason: str) -> None:
    for done in (Finished(2, out, ""), Finished(2, "", out)):
        with pytest.raises(NoMeasurement) as caught:
            ookla.judge(done)
        assert caught.value.reason == reason


def test_a_program_that_never_ends_is_ended(there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ookla, "LIMIT_S", 0.5)
    there("time.sleep(60)")
    assert why_not().reason == "timeout"


def test_one_that_takes_no_notice_is_ended_too(there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ookla, "LIMIT_S", 0.5)
    there("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)")
    assert why_not().reason == "timeout"
