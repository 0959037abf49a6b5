"""docs/cloud-init.yaml, by Debian's own cloud-init on a machine's first boot: it measures, and reports.

A part of `make booted`. The seed is a folder (NoCloud); where the package and the collector are is this machine.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.booted.gateway import PORT, WAIT_S, gateway
from tests.booted.machine import missing, until
from tests.booted.packages import package
from tests.commands import ROOT

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]
FIRST_BOOT_S = 900.0
"""It installs the package, makes a first test of the line and sends what it found."""


def test_a_machine_measures_and_reports_from_its_first_boot(tmp_path: Path) -> None:
    with gateway("bookworm", tmp_path, furnished_with=["cloud-init", "curl"]) as made, made.collector():
        disk = made.machine.disk
        text = (ROOT / "docs/cloud-init.yaml").read_text()
        for here, there in (
            ("https://packages.example.org/bandgap-agent_0.1.0_all.deb", "file:///root/bandgap-agent.deb"),
            ("https://collector.example.org", f"http://127.0.0.1:{PORT}"),
            ("the-one-time-code", made.code()),
        ):
            assert here in text
            text = text.replace(here, there)
        shutil.copy(package("agent"), disk / "root/bandgap-agent.deb")
        seed = disk / "var/lib/cloud/seed/nocloud"
        seed.mkdir(parents=True)
        (seed / "user-data").write_text(text)
        (seed / "meta-data").write_text("instance-id: first\nlocal-hostname: north\n")
        made.machine.boot(FIRST_BOOT_S)
        said = disk / "var/log/cloud-init-output.log"
        until(made.measures, "the agent measures", WAIT_S)
        until(made.heard, "the collector lists it", WAIT_S)
        assert "bandgap-agent.service is enabled and running now" in said.read_text()
        valid = made.machine.run(
            "cloud-init", "schema", "--config-file", str(Path("/") / seed.relative_to(disk) / "user-data")
        )
        assert "Valid" in valid.stdout
