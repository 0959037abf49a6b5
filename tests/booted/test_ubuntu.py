"""Ubuntu: 24.04 takes the packages, 22.04 refuses them in a line that says why, and an agent measures there.

A part of `make booted`, where Ubuntu's archive is in reach.
"""

from __future__ import annotations

import os
import shutil

import pytest

from tests.booted.gateway import WAIT_S, gateway
from tests.booted.machine import machine, missing, rootfs, ubuntu_missing, until
from tests.booted.packages import package

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]


@pytest.fixture(autouse=True)
def _ubuntu() -> None:
    if why := ubuntu_missing():
        pytest.skip(why)


def test_24_04_measures_and_collects(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Both packages on one machine; the collector is the package's own, on Python 3.12."""
    with gateway("noble", tmp_path_factory.mktemp("school")) as made:
        made.machine.boot()
        shutil.copy(package("collector"), made.machine.disk / "root/bandgap-collector.deb")
        made.machine.apt("install", "/root/bandgap-collector.deb")
        token = made.machine.run("bandgap-collector", "enrol", "try-elementary", "--name", "Try").stdout
        made.settle()
        made.give(token)
        made.install()
        until(made.measures, "the agent measures", WAIT_S)
        until(lambda: made.minutes() != [], "a minute is stored", WAIT_S)
        until(made.sent, "it is at the collector", WAIT_S)
        assert "never" not in made.machine.run("bandgap-collector", "sites").stdout
        made.machine.apt("purge", "bandgap-agent", "bandgap-collector")
        assert made.left() == []


def test_22_04_refuses_with_the_reason() -> None:
    """Its Python is 3.10. Nothing is changed."""
    with machine(rootfs("jammy")) as made:
        made.boot()
        for name in ("agent", "collector"):
            shutil.copy(package(name), made.disk / f"root/bandgap-{name}.deb")
            done = made.online("apt-get", "install", "-y", f"/root/bandgap-{name}.deb", check=False)
            assert done.returncode != 0
            assert f"bandgap-{name} : Depends: python3 (>= 3.11) but 3.10" in done.stdout + done.stderr
