"""What runs on a gateway stays small: what isn't needed isn't imported. `make footprint` has the megabytes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.agent.speed_server import CERTIFICATE, speed_server
from tests.commands import environment, until

LIBRARIES = {"requests", "urllib3", "sqlite_utils", "speedtest", "jinja2", "tabulate"}
HEAVY = {
    "asyncio",
    "concurrent",
    "decimal",
    "difflib",
    "email",
    "http",
    "importlib.resources",
    "statistics",
}
TLS = {"ssl", "hashlib"}


def imported_by(*words: str, environ: dict[str, str]) -> set[str]:
    """What a `bandgap` command had imported when it ended."""
    told = (
        "import sys, json; from agent.cli import main; "
        f"status = main({list(words)!r}); print(json.dumps([status, sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    status, modules = json.loads(done.stdout)
    assert status == 0, done.stderr
    return set(modules)


def test_a_scheduled_test_over_plain_http_imports_neither_libraries_nor_tls(tmp_path: Path) -> None:
    with speed_server(mbps=40) as url:
        found = imported_by("check", "--scheduled", "--server", url, environ=environment(tmp_path))
    assert "agent.engines.http" in found
    assert not found & (LIBRARIES | HEAVY | TLS | {"logging", "schedule"})


def test_tls_is_imported_for_https_and_brings_no_library(tmp_path: Path) -> None:
    environ = environment(tmp_path, f'[upload]\nca_file = "{CERTIFICATE}"\n')
    with speed_server("refuses posts", tls=True, mbps=40) as url:
        found = imported_by("check", "--scheduled", "--server", url, environ=environ)
    assert "ssl" in found
    assert not found & (LIBRARIES | {"email", "http", "statistics"})


def test_what_stays_resident_imports_neither_libraries_nor_what_few_agents_need(tmp_path: Path) -> None:
    """Looked at when the agent has ended, so that all it ever came to import is seen."""
    told = "import sys; from agent.cli import main; main(['run']); print(*sorted(sys.modules))"
    environ = environment(tmp_path, '[measure]\ninterface = "lo"\npoll_every = "0.1s"\n')
    with subprocess.Popen([sys.executable, "-c", told], env=environ, stdout=subprocess.PIPE) as agent:
        try:
            until(lambda: (tmp_path / "state" / "heartbeat").exists(), "the agent measures")
            agent.send_signal(signal.SIGTERM)
            out, _ = agent.communicate(timeout=20)
        finally:
            agent.kill()
    found = set(out.decode().split())
    assert {"agent.daemon", "agent.reach.ladder", "psutil", "schedule"} <= found
    assert not found & (LIBRARIES | HEAVY | TLS)
    assert not found & {"argparse", "json", "tempfile", "csv"}  # psutil of Debian 12 brings shutil
    assert not found & {
        "agent.metrics",
        "agent.snmp.gateway",
        "agent.history",
        "reports.gaps",
        "reports.targets",
    }
