"""Whatever goes wrong around a test, its sample says so in time, with the right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.engines import method
from reports.sentences import FLAGS, NO_MEASUREMENT
from tests.agent.measurement_faults import FAULTS, LIMIT_S, Fault, is_told, sample_of


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_told_and_the_test_comes_back(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The method's patience is shortened; ``make truth`` has it as it is."""
    monkeypatch.setattr(method, "CONNECT_TIMEOUT_S", 1.0)
    monkeypatch.setattr(method, "STALL_S", 1.0)
    monkeypatch.setattr(method, "IDLE_S", 0.5)
    sample, seconds = sample_of(fault, tmp_path)
    assert is_told(fault, sample), sample
    assert seconds <= LIMIT_S


def test_the_codes_are_those_that_have_words() -> None:
    for fault in FAULTS:
        assert fault.codes <= {*FLAGS, *NO_MEASUREMENT}
