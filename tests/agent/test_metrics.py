"""The agent's own figures for Prometheus: in the form it reads, and by the names it asks for."""

import math
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import config, metrics
from agent.metrics import MetricsFile, MetricsPort, Standing, exposition
from agent.minutes import Totals
from reports.agent_state import AgentState
from reports.faults import ConfigFault
from tests.commands import bandgap, environment, started, until

WHOLE = Standing(
    totals={"eth0": Totals(2**53, 10, 59.5, 0.0), 'w"w\\an\n0': Totals(1, 2, 3.0, 4.0)},
    interface="eth0",
    link_up=True,
    link_speed_mbps=1000.0,
    clock_believed=True,
    state=AgentState(uptime_s=77, quiet_because="quiet_window"),
    test=(94.1, 20.3, 12.0, 1_795_521_600),
)
BARE = Standing(
    totals={}, interface=None, link_up=None, link_speed_mbps=None, clock_believed=False, state=AgentState()
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("standing", [WHOLE, BARE], ids=["all known", "nothing known"])
def test_prometheus_reads_it(standing: Standing) -> None:
    """By its own parser: figures come back as they went in, and no name twice."""
    parser = pytest.importorskip("prometheus_client.parser")
    families = list(parser.text_string_to_metric_families(exposition(standing)))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation and family.type in ("counter", "gauge") for family in families)
    assert not any(math.isnan(sample.value) for family in families for sample in family.samples)
    if standing is WHOLE:
        found = {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}
        assert found["bandgap_wan_receive_bytes_total", "eth0"] == 2**53
        assert found["bandgap_wan_transmit_bytes_total", 'w"w\\an\n0'] == 2
        assert found["bandgap_capacity_down_bytes_per_second",] == 94.1e6 / 8
        assert found["bandgap_capacity_idle_latency_seconds",] == 0.012
        assert found["bandgap_quiet", "quiet_window"] == 1


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool isn't installed")
@pytest.mark.parametrize("standing", [WHOLE, BARE], ids=["all known", "nothing known"])
def test_promtool_has_nothing_to_say(standing: Standing) -> None:
    """Its linter knows Prometheus' conventions for names, units and help."""
    said = subprocess.run(
        ["promtool", "check", "metrics"],
        input=exposition(standing),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_what_is_not_known_is_left_out() -> None:
    """A gauge of 0 would be a claim."""
    told = exposition(BARE)
    assert "capacity" not in told
    assert "link" not in told
    assert "bandgap_clock_believed 0" in told


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """No draft is left that node_exporter would read; a folder that isn't there is said once."""
    file = MetricsFile(tmp_path / "bandgap.prom")
    file.write(exposition(WHOLE))
    assert [path.name for path in tmp_path.iterdir()] == ["bandgap.prom"]
    assert (tmp_path / "bandgap.prom").stat().st_mode & 0o777 == 0o644
    MetricsFile(tmp_path / "nowhere" / "bandgap.prom").write("x")


def test_a_port_answers_and_waits_for_nobody() -> None:
    """Somebody who connects and says nothing gets nothing, and the next one is answered."""
    port = MetricsPort(("127.0.0.1", 0))
    address = port._listener.getsockname()
    with socket.create_connection(address) as silent, socket.create_connection(address) as asking:
        asking.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        port.answer("a 1\n")
        port.answer("a 1\n")
        assert silent.recv(100) == b""
        assert asking.recv(4096).endswith(b"\r\n\r\na 1\n")
    port.answer("nobody asks")
    port.close()


def test_a_running_agent_answers_on_loopback(tmp_path: Path) -> None:
    """And writes its file; what it counted is in both."""
    port, file = free_port(), tmp_path / "bandgap.prom"
    settings = (
        '[reachability]\nenabled = false\n[measure]\ninterface = "lo"\npoll_every = "0.1s"\n'
        f'[metrics]\ntextfile = "{file}"\nlisten = "127.0.0.1:{port}"\n'
    )
    with started(environment(tmp_path, settings), "run", log=tmp_path / "log") as agent:
        until(file.exists, "the file")

        def asked(path: str = "/metrics") -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                assert answer.headers["Content-Type"] == metrics.CONTENT_TYPE
                return str(answer.read().decode())

        until(lambda: 'bandgap_wan_receive_bytes_total{interface="lo"}' in asked(), "counters")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            asked("/")
        assert "bandgap_agent_info" in file.read_text()
        (tmp_path / "agent.toml").write_text(settings.split("[metrics]")[0])
        agent.send_signal(signal.SIGHUP)
        until(lambda: "settings were read again" in (tmp_path / "log").read_text(), "the new settings")
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_port_that_is_taken_is_said_and_the_agent_goes_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = f'[reachability]\nenabled = false\n[measure]\ninterface = "lo"\n[metrics]\nlisten = "127.0.0.1:{port}"\n'
        log = tmp_path / "log"
        with started(environment(tmp_path, settings), "run", log=log) as agent:
            until(
                lambda: f"port {port} can't be opened: Address already in use" in log.read_text(),
                "it is said",
            )
            until(lambda: "measuring lo" in log.read_text(), "the agent measures")
            assert agent.poll() is None


@pytest.mark.parametrize(
    "address", ["0.0.0.0:9469", "192.0.2.1:9469", "example.org:9469", "[::]:9469", "9469"]
)
def test_only_this_machine_may_ask(tmp_path: Path, address: str) -> None:
    """Refused in one line."""
    said = bandgap(environment(tmp_path, f'[metrics]\nlisten = "{address}"\n'), "config", "check")
    assert said.returncode == 78
    assert said.stderr.count("\n") == 1
    assert f'[metrics] listen: found "{address}", expected a port of this machine alone' in said.stderr


def test_addresses_of_this_machine_are_read() -> None:
    for text, address in (
        ("127.0.0.1:9469", "127.0.0.1"),
        ("localhost:9469", "127.0.0.1"),
        ("[::1]:9469", "::1"),
    ):
        read = config.parse(f'[metrics]\nlisten = "{text}"\n', None, zone="UTC").metrics
        assert read.listen == (address, 9469)
    with pytest.raises(ConfigFault, match=r'ends in "\.prom"'):
        config.parse('[metrics]\ntextfile = "/tmp/metrics.txt"\n', None, zone="UTC")


def test_the_last_trusted_test_is_told(tmp_path: Path) -> None:
    """A doubtful one or a failure takes its place on no dashboard."""
    from agent import store
    from agent.history import History
    from reports.samples import CapacitySample

    connection = store.open_store(tmp_path)
    assert metrics.last_test(connection) is None
    history = History(connection)
    for hour, flags, outcome in ((1, (), "ok"), (2, ("wifi",), "ok"), (3, (), "no_measurement")):
        at = datetime(2026, 11, 24, hour, tzinfo=UTC)
        history.add_capacity_sample(
            CapacitySample(str(hour), at, at, "http", None, outcome, down_mbps=float(hour), flags=flags)  # type: ignore[arg-type]
        )
    found = metrics.last_test(connection)
    assert found == (1.0, None, None, int(datetime(2026, 11, 24, 1, tzinfo=UTC).timestamp()))
