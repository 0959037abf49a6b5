"""Which tests share a machine, for `make booted`: each machine is one worker's, and several live beside each other.

Most of a machine's life is waiting, for a minute to pass or a service to come back. Tests of one file on one Debian
are one life and keep their order.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.booted import packages
from tests.booted.machine import DEBIANS


def pytest_configure() -> None:
    packages.in_common()


class _Lives(LoadScopeScheduling):  # type: ignore[misc]  # xdist says nothing of its types
    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return file + next((one for one in DEBIANS if test.endswith(f"[{one}]")), "")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Lives | None:
    """What `--dist loadscope` means here."""
    return _Lives(config, log) if config.getoption("dist") == "loadscope" else None
