"""README's commands on a Debian that has nothing: from a clone to the service.

`make pristine` runs it. The package index and Debian's are reached through the machine that tests; what a command
of README does then, it does without any network.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.gateway import AGENT, WAIT_S
from tests.booted.machine import DEBIANS, Machine, machine, missing, rootfs, until
from tests.commands import ROOT
from tests.test_documents import ELSEWHERE, README, shell_lines

pytestmark = [
    pytest.mark.skipif("BANDGAP_PRISTINE" not in os.environ, reason="make pristine runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]
CLONE = "/root/bandgap"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@pytest.fixture(scope="module", params=DEBIANS)
def machine_with_clone(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """What README asks for - Python with venv, and make - and the clone itself."""
    with machine(rootfs(request.param)) as made:
        made.boot()
        made.apt("install", "python3-venv", "make")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(made.disk / CLONE[1:])], check=True)
        shutil.copy(CERTIFICATES, made.disk / str(CERTIFICATES)[1:])
        yield made


def test_make_try(machine_with_clone: Machine) -> None:
    """The first two commands. Once it is installed, nothing leaves the machine."""
    assert shell_lines(README)[:2] == ["cd bandgap    # your clone of this repository", "make try"]
    done = machine_with_clone.online("make", "-C", CLONE, ".venv/.ready", check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    done = machine_with_clone.run("make", "-C", CLONE, "try", check=False, seconds=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    print(done.stdout[-1500:])


def test_every_command_of_readme(machine_with_clone: Machine) -> None:
    """As tests/test_documents.py runs them, here with what `make try` installed."""
    ran = 0
    for line in shell_lines(README):
        if line.startswith(ELSEWHERE):
            continue
        told = shlex.join(("sh", "-c", f"cd /root && PATH={CLONE}/.venv/bin:$PATH {line}"))
        done = machine_with_clone.run("sh", "-c", told, check=False, seconds=600)
        words = shlex.split(line)
        unwell = words[1] in ("check", "doctor") and words[2:] != ["--firewall"]
        expected = 1 if unwell else 78 if words[1:] == ["upload"] else 0
        extra = "pip install" in done.stderr  # PDF and slides take an extra, and say which
        assert done.returncode == (done.returncode if extra else expected), (
            f"{line}: {done.stdout}{done.stderr}"
        )
        assert "Traceback" not in done.stderr
        ran += 1
    assert ran >= 15


def test_the_package_that_is_built_here_is_installed_and_measures(machine_with_clone: Machine) -> None:
    made = machine_with_clone.online("make", "-C", CLONE, "deb", check=False)
    assert made.returncode == 0, made.stdout[-3000:] + made.stderr[-3000:]
    print(made.stdout)
    machine_with_clone.apt("install", f"{CLONE}/dist/bandgap-agent_0.1.0_all.deb")
    until(
        lambda: machine_with_clone.show(AGENT, "StatusText") == "measuring eth0", "the agent measures", WAIT_S
    )
