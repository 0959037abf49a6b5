"""What goes wrong on a gateway, made to happen on a real systemd, and what `bandgap doctor --json` says of it.

A part of `make booted`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.gateway import AGENT, STATE, WAIT_S, Gateway, gateway
from tests.booted.machine import missing, until
from tests.faults.preloaded import preloaded

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("school")


@pytest.fixture(scope="module")
def school(folder: Path) -> Iterator[Gateway]:
    """One machine for all tests of this file, in their order; its collector is there when a test starts it."""
    with gateway("bookworm", folder, pristine=False) as made:
        made.machine.boot()
        made.settle()
        made.give(made.enrol())
        made.install()
        until(made.measures, "the agent measures", WAIT_S)
        yield made


def told(school: Gateway, *environ: str) -> dict[str, tuple[str, str]]:
    """Each check's verdict and words."""
    done = school.machine.run("env", *environ, "bandgap", "doctor", "--json", check=False)
    found = {one["check"]: (one["verdict"], one["words"]) for one in json.loads(done.stdout)["checks"]}
    assert done.returncode == int(any(verdict == "fail" for verdict, _ in found.values()))
    return found


def test_a_collector_that_isnt_there(school: Gateway) -> None:
    found = told(school)
    assert found["collector"][0] == "fail"
    assert "can't be reached" in found["collector"][1]
    assert found["token"][0] == "warn"


def test_a_token_that_the_collector_refuses(school: Gateway) -> None:
    with school.collector():
        assert told(school)["token"][0] == "pass"
        school.enrol("--rotate")
        assert told(school)["token"] == ("fail", "the collector refuses it")


def test_an_agent_that_stood_still(school: Gateway) -> None:
    """A failure until systemd has started it again, and a warning from then on."""
    assert told(school)["watchdog"][0] == "pass"
    school.drop_in(AGENT, "[Service]\nWatchdogSec=4\nTimeoutAbortSec=2\nRestartSec=20\n")
    school.machine.run("systemctl", "restart", AGENT)
    until(school.measures, "the agent measures", WAIT_S)
    before = school.pid()
    school.machine.run("systemctl", "kill", "--signal=STOP", AGENT)
    until(lambda: school.machine.show(AGENT, "Result") == "watchdog", "systemd ends it", WAIT_S)
    found = told(school)
    if school.pid() == 0:
        assert found["watchdog"] == ("fail", "the agent stood still and was ended")
        assert found["service"][0] == "fail"
    school.back(before)
    verdict, words = told(school)["watchdog"]
    assert verdict == "warn"
    assert "started again" in words


def test_a_clock_that_is_wrong(school: Gateway, tmp_path: Path) -> None:
    library = preloaded("past_clock", tmp_path, Path(__file__).parent)
    shutil.copy(library, school.machine.disk / "usr/lib/past_clock.so")
    wrong = told(school, "LD_PRELOAD=/usr/lib/past_clock.so", "PAST_CLOCK_SET=/run/clock-is-set")
    assert wrong["clock"][0] == "fail"
    assert wrong["clock"][1].startswith("the clock says 1990-")


def test_a_disk_that_is_full(school: Gateway) -> None:
    school.machine.run("mount", "-t", "tmpfs", "-o", "size=2M,mode=750", "small", f"/{STATE}")
    school.machine.run("sh", "-c", f"dd if=/dev/zero of=/{STATE}/filler bs=4k 2>/dev/null; :")
    try:
        verdict, words = told(school)["disk"]
    finally:
        school.machine.run("umount", f"/{STATE}")
    assert verdict == "fail"
    assert words.endswith("the store grows no more")
