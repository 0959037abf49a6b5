"""Which tests want the machine for themselves: those that measure rates, or count what crosses an interface.

``make test`` runs the others two at a time first, and these one after the other when nothing else runs. A
busy machine makes a throughput test say so, which is right, and not what these tests are about.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
ALONE = (
    "agent/test_commands.py",
    "agent/test_daemon.py",
    "agent/test_engine_*.py",
    "agent/test_light.py",
    "agent/test_measurement_faults.py",
    "agent/test_second_test.py",
    "agent/test_server_*.py",
    "agent/test_snmp_gateway.py",
    "agent/test_switch_port.py",
    "agent/test_udp_echo.py",
    "collector/test_measure_endpoint.py",
    "faults/test_kill_9_service.py",
    "testbed/*.py",
    "test_one_school.py",
    "test_walkthrough.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        place = item.path.relative_to(ROOT) if item.path.is_relative_to(ROOT) else item.path
        if any(place.match(pattern) for pattern in ALONE):
            item.add_marker(pytest.mark.alone)
