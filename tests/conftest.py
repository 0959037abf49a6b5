"""Which tests run beside others, and which want the machine for themselves: ``make test`` runs them in three parts.

Most run beside each other. Those that measure on slow lines, or count what crosses an interface, run two at a time,
each worker in a network of its own, so that nobody counts another's octets (``-m quiet``). Those that measure fast
lines, or hold that a figure is trusted, run one after the other when nothing else does (``-m alone``): a busy machine
makes a throughput test say so, which is right, and not what these tests are about.

On the oldest libraries (``BANDGAP_FLOOR``) those files are left out that rest on none (``tests/floor.py``).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.floor import rests_on_libraries

ROOT = Path(__file__).parent
ALONE = (
    "agent/test_engine_http.py",
    "agent/test_measurement_faults.py",
    "agent/test_udp_echo.py",
    "collector/test_measure_endpoint.py",
    "testbed/*.py",
    "test_walkthrough.py",
)
QUIET = (
    "agent/test_daemon.py",
    "agent/test_engine_iperf3.py",
    "agent/test_engine_ndt7.py",
    "agent/test_engine_speedtest_cli.py",
    "agent/test_light.py",
    "agent/test_second_test.py",
    "agent/test_server_*.py",
    "agent/test_snmp_gateway.py",
    "agent/test_switch_port.py",
    "faults/test_kill_9_service.py",
)
PARTS = {"alone": ALONE, "quiet": QUIET}
FLOOR, OWN_NETWORK = "BANDGAP_FLOOR", "BANDGAP_OWN_NETWORK"
CLONE_NEWNET = 0x4000_0000
"""Of linux/sched.h: with unshare(2), this thread, those it starts and its children get a network of their own."""


@pytest.hookimpl(trylast=True)  # what others connect to is in the network that all come from
def pytest_configure() -> None:
    if os.environ.get(OWN_NETWORK) and "PYTEST_XDIST_WORKER" in os.environ:
        _leave_for_a_network_of_our_own()


def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: two where each can have a network of its own, which takes root; else one after the other."""
    return 2 if os.geteuid() == 0 and shutil.which("ip") and _networks_are_ours_to_make() else 1


def _networks_are_ours_to_make() -> bool:
    """Root in a container may lack the right."""
    return subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """To collect all tests takes longer than some parts do, so a part looks into its own files alone."""
    if not collection_path.name.startswith("test_") or collection_path.suffix != ".py":
        return None
    part = str(config.getoption("markexpr")).partition(" ")[0]
    if part in PARTS and not (_named(collection_path, part) or f"mark.{part}" in collection_path.read_text()):
        return True
    return True if os.environ.get(FLOOR) and not rests_on_libraries(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for part in PARTS:
            if _named(item.path, part) and not item.get_closest_marker("alone"):
                item.add_marker(part)


def _named(file: Path, part: str) -> bool:
    place = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    return any(place.match(pattern) for pattern in PARTS[part])


def _leave_for_a_network_of_our_own() -> None:
    if pytest_xdist_auto_num_workers() == 1:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace of its own for each worker")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
