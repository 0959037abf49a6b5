"""Each check of `bandgap doctor` in its failing state, where that can be made, and what --json promises."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import agent_lock, clock, damage, service_manager, store
from agent.config import parse
from agent.doctor import firewall, machine, network, service
from agent.doctor.checks import CHECKS, examine
from agent.doctor.finding import Finding, good
from agent.doctor.ground import Patient
from agent.heartbeat import Heartbeat
from agent.installation import Installation
from agent.reach.ladder import Ground
from tests.agent.disks import small_disk
from tests.agent.tls import behind_tls
from tests.commands import bandgap, environment
from tests.loopback import Answer, Behaviour, serving

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WELL = Answer(body=b'{"status": "ok", "version": "9.9.9"}')
FACTS = "[site]\nstudents = 4\nstaff = 2\n[contract]\ndown_mbps = 500\n"


def patient(
    folder: Path,
    config: str = "",
    *,
    environ: Mapping[str, str] | None = None,
    now: datetime = NOW,
    systemd: bool = False,
) -> Patient:
    """A gateway whose kernel, disk and name servers are files in ``folder``."""
    for name in ("state", "proc/net", "net", "sys"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    resolv = folder / "resolv.conf"
    if not resolv.exists():
        resolv.write_text("nameserver 127.0.0.9\n")
    ground = Ground(folder / "proc", folder / "net", resolv, 0.5, 0.5, 0.5, 0.5)
    place = Installation(parse(config, folder / "agent.toml", zone="UTC"), folder / "state")
    there = folder if systemd else folder / "no-systemd"
    return Patient(place, environ or {}, now, ground, there, folder / "sys")


def port(folder: Path, **files: str) -> None:
    (folder / "net" / "eth0").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / "net" / "eth0" / name).write_text(text + "\n")


def holds(found: Finding, verdict: str, words: str) -> None:
    assert found.verdict == verdict, found
    assert words in found.words
    assert "\n" not in found.words


def says(folder: Path, monkeypatch: pytest.MonkeyPatch, **properties: str) -> None:
    """A program in systemctl's place that says this of each unit."""
    program = folder / "systemctl"
    lines = "".join(f"echo '{name}={value}'\n" for name, value in properties.items())
    program.write_text(f"#!/bin/sh\n{lines}")
    program.chmod(0o755)
    monkeypatch.setattr(service_manager, "SYSTEMCTL", str(program))


def test_settings_that_tell_nothing_of_the_school(tmp_path: Path) -> None:
    holds(machine.settings(patient(tmp_path)), "warn", "For a verdict, set site.students")
    holds(machine.settings(patient(tmp_path, FACTS)), "pass", "agent.toml")
    named = FACTS + '[measure]\ninterface = "nosuch0"\n'
    holds(machine.settings(patient(tmp_path, named)), "fail", "names nosuch0")


def test_without_systemd_an_agent_runs_or_none_does(tmp_path: Path) -> None:
    holds(service.unit(patient(tmp_path)), "fail", "no agent runs")
    lock = agent_lock.take(patient(tmp_path).state)
    holds(service.unit(patient(tmp_path)), "warn", "who starts it after a power cut?")
    lock.release()
    holds(service.watchdog(patient(tmp_path)), "warn", "nobody watches")


@pytest.mark.parametrize(
    ("load", "active", "file", "verdict", "words"),
    [
        ("loaded", "active", "enabled", "pass", "starts with the machine"),
        ("loaded", "active", "disabled", "warn", "not after a restart"),
        ("loaded", "failed", "enabled", "fail", "is failed"),
        ("not-found", "inactive", "", "fail", "isn't installed"),
    ],
)
def test_the_unit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    load: str,
    active: str,
    file: str,
    verdict: str,
    words: str,
) -> None:
    says(tmp_path, monkeypatch, LoadState=load, ActiveState=active, UnitFileState=file)
    holds(service.unit(patient(tmp_path, systemd=True)), verdict, words)


@pytest.mark.parametrize(
    ("told", "verdict", "words"),
    [
        ({"WatchdogUSec": "1min", "NRestarts": "0", "Result": "success"}, "pass", "fed"),
        ({"WatchdogUSec": "1min", "NRestarts": "3", "Result": "success"}, "warn", "again 3 times"),
        ({"WatchdogUSec": "0", "NRestarts": "0", "Result": "success"}, "warn", "no watchdog"),
        ({"WatchdogUSec": "1min", "NRestarts": "1", "Result": "watchdog"}, "fail", "stood still"),
    ],
)
def test_the_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], verdict: str, words: str
) -> None:
    says(tmp_path, monkeypatch, **told)
    holds(service.watchdog(patient(tmp_path, systemd=True)), verdict, words)


def test_the_heartbeat_is_there_and_not_old(tmp_path: Path) -> None:
    here = patient(tmp_path)
    holds(service.heartbeats(here), "fail", "no heartbeat")
    Heartbeat(here.state, 0.0).beat(700.0, NOW - timedelta(minutes=5), sampled=True, because=None)
    holds(service.heartbeats(here), "pass", "5 min")
    Heartbeat(here.state, 0.0).beat(700.0, NOW - timedelta(hours=3), sampled=True, because=None)
    holds(service.heartbeats(here), "fail", "old")
    Heartbeat(here.state, 0.0).beat(700.0, NOW, sampled=False, because="no_interface")
    holds(service.heartbeats(here), "warn", "there is no WAN interface to read")


def test_a_second_agent_is_seen_and_a_copy_of_the_first_is_none(tmp_path: Path) -> None:
    program = tmp_path / "bandgap"
    program.write_text("#!/bin/sh\nread line\n")
    program.chmod(0o755)
    running = [subprocess.Popen([program, "run"], stdin=subprocess.PIPE) for _ in range(2)]
    try:
        holds(service.alone(patient(tmp_path)), "warn", str(running[1].pid))
    finally:
        for one in running:
            one.communicate(b"\n")


def test_an_agent_of_another_version_at_work(tmp_path: Path) -> None:
    here = patient(tmp_path)
    (here.state / "heartbeat").write_text("version=0.0.9\n")
    holds(service.version(here), "pass", "")
    lock = agent_lock.take(here.state)
    holds(service.version(here), "warn", "0.0.9 is at work")
    lock.release()


def test_the_port_is_there_and_has_carrier(tmp_path: Path) -> None:
    holds(machine.port(patient(tmp_path)), "fail", "no interface has a default route")
    named = patient(tmp_path, '[measure]\ninterface = "eth0"\n')
    holds(machine.port(named), "fail", "there is no interface eth0")
    port(tmp_path, carrier="0")
    holds(machine.port(named), "fail", "no carrier")
    port(tmp_path, carrier="1")
    holds(machine.port(named), "pass", "eth0")


@pytest.mark.parametrize(
    ("speed", "duplex", "verdict", "words"),
    [
        ("100", "full", "fail", "eth0 runs at 100 Mbps, the contract is of 500"),
        ("500", "full", "warn", "can't show all"),
        ("1000", "half", "fail", "half duplex"),
        ("-1", "unknown", "warn", "doesn't tell its speed"),
        ("1000", "full", "pass", "1000 Mbps, full duplex"),
    ],
)
def test_a_port_that_is_slower_than_the_contract(
    tmp_path: Path, speed: str, duplex: str, verdict: str, words: str
) -> None:
    port(tmp_path, carrier="1", speed=speed, duplex=duplex)
    holds(machine.speed(patient(tmp_path, FACTS + '[measure]\ninterface = "eth0"\n')), verdict, words)


def test_a_processor_without_room(tmp_path: Path) -> None:
    here = patient(tmp_path)
    holds(machine.processor(here), "warn", "doesn't tell")
    for load, verdict in (("999.0", "warn"), ("0.01", "pass")):
        (tmp_path / "proc/loadavg").write_text(f"0.1 {load} 0.1 1/100 999\n")
        holds(machine.processor(here), verdict, "load")


def test_a_clock_that_was_never_set(tmp_path: Path) -> None:
    holds(machine.clock_set(patient(tmp_path, now=datetime(1970, 1, 1, tzinfo=UTC))), "fail", "1970-01-01")
    assert machine.clock_set(patient(tmp_path, now=clock.now())).verdict != "fail"


def test_a_disk_that_is_nearly_full_or_read_only(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state", 12) as disk:
        holds(service.disk(patient(tmp_path)), "fail", "grows no more")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        holds(service.disk(patient(tmp_path)), "fail", "read-only")


@pytest.mark.parametrize(
    ("told", "verdict"), [("0x01 0x02", "pass"), ("0x02 0x0a", "warn"), ("0x0b 0x01", "fail"), ("", "pass")]
)
def test_an_emmc_that_is_worn_out(tmp_path: Path, told: str, verdict: str) -> None:
    here = patient(tmp_path)
    (tmp_path / "sys/block/mmcblk0/device").mkdir(parents=True)
    (tmp_path / "sys/block/mmcblk0/device/life_time").write_text(told + "\n")
    holds(service.wear(here), verdict, "")


def test_a_store_that_is_damaged(tmp_path: Path) -> None:
    here = patient(tmp_path)
    holds(service.whole_store(here), "warn", "no store yet")
    here.place.open().close()
    holds(service.whole_store(here), "pass", "in order")
    (here.state / damage.MARK).touch()
    holds(service.whole_store(here), "fail", "damaged")
    (here.state / damage.MARK).unlink()
    (here.state / store.FILE).write_bytes(b"no database at all" * 500)
    assert service.whole_store(here).verdict == "fail"


def test_a_gateway_name_servers_and_an_internet_that_are_not_there(tmp_path: Path) -> None:
    here = patient(tmp_path)
    holds(network.gateway(here), "fail", "no interface has a default route")
    holds(network.names(here), "fail", "127.0.0.9: no answer")
    holds(network.internet(here), "fail", "")
    off = patient(tmp_path, "[reachability]\nenabled = false\n")
    holds(network.internet(off), "warn", "not probed")


def to(url: str, more: str = "") -> str:
    return f'[upload]\ncollector = "{url}"\n{more}'


def always(answer: Answer) -> Behaviour:
    return lambda number, body: answer


def test_a_collector_that_is_away_unwell_or_somebody_else(tmp_path: Path) -> None:
    holds(network.collector(patient(tmp_path)), "warn", "none is set")
    holds(network.collector(patient(tmp_path, to("http://127.0.0.1:9"))), "fail", "can't be reached")
    with serving(always(Answer(503, b'{"title": "x"}'))) as server:
        holds(network.collector(patient(tmp_path, to(server.url))), "fail", "its database doesn't answer")
    with serving(always(Answer(200, b"<html>log in"))) as server:
        holds(network.collector(patient(tmp_path, to(server.url))), "fail", "not as a collector does")
    with serving(always(WELL)) as server:
        here = patient(tmp_path, to(server.url), now=datetime(2036, 1, 1, tzinfo=UTC))
        holds(network.collector(here), "fail", "ahead of the collector's")
        holds(network.collector(patient(tmp_path, to(server.url), now=clock.now())), "pass", "is well")
        holds(network.skew(here), "warn", "the collector 9.9.9")


def test_a_token_that_is_missing_open_or_refused(tmp_path: Path) -> None:
    token = tmp_path / "token"
    with serving(always(Answer(401, b"{}"))) as server:
        here = patient(tmp_path, to(server.url, f'token_file = "{token}"\n'))
        holds(network.token(here), "fail", "no token")
        token.write_text("bandgap_0123456789abcdef\n")
        token.chmod(0o644)
        holds(network.token(here), "fail", "others may read the token")
        token.chmod(0o600)
        holds(network.token(here), "fail", "the collector refuses it")
    with serving(always(Answer(200, b"{}"))) as server:
        holds(network.token(patient(tmp_path, to(server.url, f'token_file = "{token}"\n'))), "pass", "knows")


def test_a_proxy_on_the_way(tmp_path: Path) -> None:
    """Its password isn't told."""
    environ = {"https_proxy": "http://user:secret@filter.example:3128"}
    config = to("https://collector.example")
    found = network.proxy(patient(tmp_path, config, environ=environ))
    holds(found, "warn", "filter.example")
    assert "secret" not in found.words
    beside = {**environ, "no_proxy": "collector.example"}
    holds(network.proxy(patient(tmp_path, config, environ=beside)), "pass", "none")


def test_a_certificate_of_somebody_else(tmp_path: Path) -> None:
    with serving(always(WELL)) as server, behind_tls(server.url) as url:
        found = network.interception(patient(tmp_path, to(url)))
    holds(found, "fail", "its certificate isn't trusted")
    assert found.mend == "exempt the collector from TLS inspection"
    missing = to("https://127.0.0.1:9", 'ca_file = "/nonexistent.pem"\n')
    holds(network.interception(patient(tmp_path, missing)), "fail", "/nonexistent.pem")


def test_a_check_that_hangs_or_breaks_is_in_no_others_way(tmp_path: Path) -> None:
    never = threading.Event()

    def hangs(_: Patient) -> Finding:
        never.wait(60)
        return good("at last")

    def breaks(_: Patient) -> Finding:
        raise ZeroDivisionError("by nought")

    checks = {"hangs": hangs, "breaks": breaks, "works": lambda _: good("well")}
    found = examine(patient(tmp_path), checks, limit_s=1.0)
    never.set()
    assert {name: one.verdict for name, one in found.items()} == {
        "hangs": "warn",
        "breaks": "warn",
        "works": "pass",
    }
    assert found["breaks"].words == "couldn't be checked: ZeroDivisionError: by nought"


def test_json_keeps_its_names(tmp_path: Path) -> None:
    """Scripts read them. Exit code 1, for no agent runs."""
    done = bandgap(environment(tmp_path, "[reachability]\nenabled = false\n"), "doctor", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert (told["format"], told["verdict"]) == (1, "fail")
    assert all(list(one) == ["check", "verdict", "words", "mend"] for one in told["checks"])
    assert [one["check"] for one in told["checks"]] == [
        *("settings", "service", "watchdog", "heartbeat", "other_agent", "version", "wan_interface"),
        *("port_speed", "processor", "disk", "disk_wear", "store", "clock", "gateway", "dns", "internet"),
        *("proxy", "tls", "collector", "token", "version_skew"),
    ]
    assert list(CHECKS) == [one["check"] for one in told["checks"]]
    assert all(one["mend"] for one in told["checks"] if one["verdict"] == "fail")


def test_the_page_fits_a_terminal_and_names_what_mends(tmp_path: Path) -> None:
    done = bandgap(environment(tmp_path, "[reachability]\nenabled = false\n"), "doctor")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "fail  service" in done.stdout
    assert all(len(line) < 80 for line in done.stdout.splitlines() if "->" not in line)


def test_the_firewalls_page_follows_from_the_settings(tmp_path: Path) -> None:
    config = parse(
        to("https://collector.example:8443")
        + '[measure]\nengines = ["http", "iperf3"]\niperf3_server = "iperf.example"\nirtt_server = "irtt.example"\n'
        '[snmp]\naddress = "192.0.2.1"\ninterface = 1\n[reachability]\nhosts = ["192.0.2.7:443"]\n'
        'portal_check = ""\n[email]\nto = ["a@example.org"]\nsender = "b@example.org"\nsmtp = "mail.example:587"\n',
        None,
        zone="UTC",
    )
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.53\n")
    assert [(one.host, one.port) for one in firewall.openings(config, resolv)] == [
        ("the name servers of this network", "53/udp and tcp"),
        ("collector.example", "8443/tcp"),
        ("collector.example", "8443/tcp"),
        ("iperf.example", "5201/tcp"),
        ("irtt.example", "2112/udp"),
        ("192.0.2.7", "443/tcp"),
        ("192.0.2.1", "161/udp"),
        ("mail.example", "587/tcp"),
    ]
    page = firewall.page(config, resolv)
    assert "Nothing incoming is needed" in page
    assert all(len(line) < 80 for line in page.splitlines())
    assert bandgap(environment(tmp_path), "doctor", "--firewall").returncode == 0
