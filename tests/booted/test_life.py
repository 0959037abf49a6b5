"""A gateway's whole life in a booted Debian 12 and 13: from nothing to measuring, every mishap, and gone again.

`make booted` runs it, which takes some minutes; `make test` has the short form (`test_short.py`). Times that are
printed are this machine's and judged by nobody.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.booted.gateway import AGENT, SITE, STATE, WAIT_S, Gateway, gateway
from tests.booted.machine import DEBIANS, missing, until
from tests.booted.packages import OLDER, package
from tests.faults.preloaded import preloaded

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]
LONGEST_GAP_S = 150
"""Between the beginnings of two minutes around a boot: two minutes that are cut, and the time it was down."""


@pytest.fixture(scope="module", params=DEBIANS)
def school(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One machine for all tests of this file, in their order, with its collector beside it all the time."""
    with gateway(request.param, tmp_path_factory.mktemp("school")) as made:
        token = made.enrol()
        with made.collector():
            print(f"\n{request.param}: boot {made.machine.boot():.1f} s")
            made.settle()
            made.give(token)
            yield made


def test_one_command_and_it_measures(school: Gateway) -> None:
    """On a Debian that has nothing but systemd, from one file: the older version, to be upgraded later."""
    before_kib = school.disk_kib()
    began_s = time.monotonic()
    school.install(OLDER)
    until(school.measures, "the agent measures", WAIT_S)
    download = package("agent").stat().st_size
    own = school.machine.run("du", "-sk", "/usr/share/bandgap").stdout.split()[0]
    print(
        f"install {time.monotonic() - began_s:.1f} s; package {download / 1000:.0f} kB, installed {own} KiB, "
        f"with the distribution's libraries {school.disk_kib() - before_kib} KiB"
    )


def test_its_first_summary_reaches_the_collector(school: Gateway) -> None:
    until(lambda: school.minutes() != [], "a minute is stored", WAIT_S)
    until(school.sent, "it is at the collector", WAIT_S)
    until(school.heard, "the collector lists it", WAIT_S)


def test_a_test_of_the_line_by_root_is_the_services_too(school: Gateway) -> None:
    """`sudo bandgap check` keeps its sample in the service's store, and leaves nothing that the service can't use."""
    done = school.machine.run("bandgap", "check", "--json", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert school.status()["last_test_at"] is not None
    school.machine.run("systemctl", "restart", AGENT)
    until(school.measures, "the agent measures", WAIT_S)
    owners = set(school.machine.run("sh", "-c", f"stat -c %u /{STATE} /{STATE}/*").stdout.split())
    assert len(owners) == 1
    assert owners != {"0"}


def test_a_reboot_costs_the_down_time_and_no_sample(school: Gateway) -> None:
    kept = school.minutes()
    school.machine.shut_down()
    began_s = time.monotonic()
    school.machine.boot()
    until(school.measures, "the agent measures", WAIT_S)
    print(f"boot to first sample {time.monotonic() - began_s:.1f} s")
    until(lambda: len(school.minutes()) > len(kept), "it goes on", WAIT_S)
    found = school.minutes()
    assert found[: len(kept)] == kept
    assert max(gaps(found)) <= LONGEST_GAP_S
    until(school.sent, "all is at the collector", WAIT_S)


def test_a_power_cut_costs_the_minute_that_ran(school: Gateway) -> None:
    kept = school.minutes()
    school.machine.cut_power()
    school.machine.boot()
    until(school.measures, "the agent measures", WAIT_S)
    until(lambda: len(school.minutes()) > len(kept), "it goes on", WAIT_S)
    assert school.minutes()[: len(kept)] == kept
    assert school.status()["store_fault"] is None


def test_a_clock_that_is_wrong_at_boot_is_waited_for(school: Gateway, tmp_path: Path) -> None:
    """In 1990 it samples and tells nobody a date; set, what it counted has the right one."""
    library = preloaded("past_clock", tmp_path, Path(__file__).parent)
    shutil.copy(library, school.machine.disk / "usr/lib/past_clock.so")
    environ = "LD_PRELOAD=/usr/lib/past_clock.so PAST_CLOCK_SET=/run/clock-is-set"
    school.drop_in(AGENT, f"[Service]\nEnvironment={environ}\n")
    before = len(school.minutes())
    school.machine.run("systemctl", "restart", AGENT)
    until(lambda: school.logged("the clock isn't set (1990"), "it doesn't believe the clock", WAIT_S)
    until(lambda: (school.status()["undated_minutes"] or 0) > 0, "a minute without a date", WAIT_S)
    school.machine.run("touch", "/run/clock-is-set")
    until(lambda: school.logged("the clock is believed now"), "it believes the clock", WAIT_S)
    until(lambda: len(school.minutes()) > before, "the minutes have dates", WAIT_S)
    # What is left of the minute in which the clock went wrong: it was written already, and no minute counts twice.
    until(lambda: school.status()["undated_minutes"] <= 1, "all others have", WAIT_S)
    began = datetime.fromisoformat(school.status()["last_sample_at"])
    assert began.year >= 2026
    (school.machine.disk / f"etc/systemd/system/{AGENT}.d/test.conf").unlink()
    school.machine.run("systemctl", "daemon-reload")
    school.machine.run("systemctl", "restart", AGENT)
    until(school.measures, "the agent measures", WAIT_S)


def test_a_full_disk_is_survived(school: Gateway) -> None:
    """Others left not a byte: it goes on and says so, and no minute is lost."""
    school.machine.run("systemctl", "stop", AGENT)
    kept = len(school.minutes())
    aside, place = "/var/lib/private/aside", f"/{STATE}"
    school.machine.run("mv", place, aside)
    school.machine.run("mkdir", "-m", "750", place)
    school.machine.run("mount", "-t", "tmpfs", "-o", "size=40M,mode=750", "small", place)
    school.machine.run("sh", "-c", f"cp -a {aside}/. {place}/ && chown --reference={aside} {place}")
    school.machine.run("systemctl", "start", AGENT)
    until(school.measures, "the agent measures", WAIT_S)
    before = school.pid()
    school.machine.run("sh", "-c", f"dd if=/dev/zero of={place}/filler bs=4k 2>/dev/null; :")
    until(lambda: school.status()["disk_low"], "it says so", WAIT_S)
    # It may have let its reserve go by now, which is a megabyte.
    assert int(school.machine.run("df", "--output=avail", place).stdout.split()[-1]) <= 2048
    full_s = time.monotonic()
    until(lambda: time.monotonic() - full_s > 65, "a minute passes", 120)
    school.machine.run("rm", f"{place}/filler")
    until(lambda: len(school.minutes()) > kept + 1, "all minutes are there", WAIT_S)
    assert max(gaps(school.minutes()[kept - 1 :])) <= LONGEST_GAP_S
    assert school.pid() == before
    assert not school.status()["disk_low"]
    school.machine.run("systemctl", "stop", AGENT)
    school.machine.run(
        "sh", "-c", f"rm -rf {aside}/* && cp -a {place}/. {aside}/ && umount {place} && rmdir {place}"
    )
    school.machine.run("mv", aside, place)
    school.machine.run("systemctl", "start", AGENT)
    until(school.measures, "the agent measures", WAIT_S)


def test_a_revoked_token_is_told_and_a_new_one_taken(school: Gateway) -> None:
    renewed = school.enrol("--rotate")
    until(lambda: school.status()["upload_fault"] is not None, "the collector refuses", WAIT_S)
    school.give(renewed)
    school.machine.run("systemctl", "restart", AGENT)
    until(lambda: school.status()["upload_fault"] is None and school.sent(), "it is sent", WAIT_S)
    assert renewed not in school.machine.run("journalctl", "-o", "export").stdout


def test_an_encrypted_token_is_one_too(school: Gateway) -> None:
    """As docs/operate.md has it: on the disk it can be read by this machine alone."""
    encrypt = "systemd-creds encrypt --with-key=host --name=bandgap-token /etc/bandgap/token /etc/bandgap/token.cred"
    school.machine.run("sh", "-c", f"{encrypt} && mv /etc/bandgap/token /root/token")
    school.drop_in(
        AGENT,
        "[Service]\nLoadCredential=\nLoadCredential=snmp.conf:/etc/bandgap/snmp.conf\nSetCredential=\n"
        "SetCredential=snmp.conf:none\nLoadCredentialEncrypted=bandgap-token:/etc/bandgap/token.cred\n",
    )
    before = school.status()["uploaded_at"]
    school.machine.run("systemctl", "restart", AGENT)
    until(lambda: school.sent() and school.status()["uploaded_at"] != before, "it is sent", WAIT_S)
    (school.machine.disk / f"etc/systemd/system/{AGENT}.d/test.conf").unlink()
    school.machine.run("sh", "-c", "mv /root/token /etc/bandgap/token; rm /etc/bandgap/token.cred")
    school.machine.run("systemctl", "daemon-reload")


def test_an_upgrade_keeps_data_and_settings_and_starts_the_new_version(school: Gateway) -> None:
    kept, before = school.minutes(), school.pid()
    settings = (school.machine.disk / "etc/bandgap/agent.toml").read_text()
    school.install()
    school.back(before)
    assert school.minutes()[: len(kept)] == kept
    assert (school.machine.disk / "etc/bandgap/agent.toml").read_text() == settings
    assert school.machine.run("bandgap", "--version").stdout.split()[1] != OLDER
    assert school.machine.show("bandgap-report.timer", "ActiveState") == "inactive"


def test_the_same_version_once_more_changes_nothing(school: Gateway) -> None:
    school.machine.apt("install", "--reinstall", "/root/bandgap-agent.deb")
    until(school.measures, "the agent measures", WAIT_S)


def test_a_downgrade_is_refused_and_says_what_to_do(school: Gateway) -> None:
    """What runs goes on running."""
    done = school.install(OLDER, check=False)
    assert done.returncode != 0
    assert "To go back all the same: sudo apt remove bandgap-agent" in done.stdout + done.stderr
    assert school.machine.run("bandgap", "--version").stdout.split()[1] != OLDER
    school.machine.apt("--fix-broken", "install")
    until(school.measures, "the agent measures", WAIT_S)


def test_removed_it_leaves_the_data_and_back_it_has_them(school: Gateway) -> None:
    kept = school.minutes()
    school.machine.apt("remove", "bandgap-agent")
    assert not (school.machine.disk / "usr/bin/bandgap").exists()
    assert not (school.machine.disk / "usr/share/bandgap").exists()
    assert (school.machine.disk / "etc/bandgap/agent.toml").exists()
    school.install()
    until(school.measures, "the agent measures", WAIT_S)
    assert school.minutes()[: len(kept)] == kept


def test_stopped_by_its_owner_it_stays_so(school: Gateway) -> None:
    """An upgrade doesn't enable what somebody disabled."""
    school.machine.run("systemctl", "disable", AGENT)
    school.machine.apt("install", "--reinstall", "/root/bandgap-agent.deb")
    assert school.machine.run("systemctl", "is-enabled", AGENT, check=False).stdout.strip() == "disabled"


def test_purge_takes_all(school: Gateway) -> None:
    (school.machine.disk / f"etc/systemd/system/{AGENT}.d").rmdir()
    school.machine.apt("purge", "bandgap-agent")
    assert school.left() == []
    assert SITE not in school.machine.run("sh", "-c", "cat /etc/bandgap/* 2>&1 || :").stdout


def gaps(began: list[datetime]) -> list[float]:
    return [(after - before).total_seconds() for before, after in pairwise(began)]
