"""Whatever a collector does, nothing is lost, and nothing counts twice once a good one is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import store
from agent.config import load
from agent.history import History
from agent.upload import Patience, send_waiting
from tests.faults.bad_collector import BEHAVIOURS, answers_twice, bad_collector, forgets, http
from tests.faults.counts import count
from tests.faults.gateway import Gateway


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    yield
    count(
        "ways in which a collector goes wrong",
        len(BEHAVIOURS) + 7,
        "all waits in its order, and arrives once",
    )


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """Six hours wait to be sent, and the running week with them."""
    found = Gateway(tmp_path)
    found.sample(7, 1)
    return found


def impatient_upload(gateway: Gateway) -> str:
    """What the command does, with a second's patience; returns the fault."""
    connection = store.open_store(gateway.folder / "state")
    config = load(gateway.folder / "agent.toml", zone="UTC")
    delivery = send_waiting(History(connection), config, "t0ken", patience=Patience(1.0, 1.0))
    connection.close()
    assert (delivery.sent, delivery.refused) == (0, 0)
    return str(delivery.fault)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_bad_collector_costs_nothing(gateway: Gateway, name: str) -> None:
    """All waits as it did, in its order; then a good collector has each summary once, in a whole chain."""
    behaviour, words = BEHAVIOURS[name]
    gateway.point_at("http://127.0.0.1:9")
    assert gateway.upload().returncode == 1
    before = gateway.outbox()
    assert len(before) >= 7
    with bad_collector(behaviour) as bad:
        gateway.point_at(bad.url)
        if "hangs" in name:
            said = impatient_upload(gateway)
        else:
            done = gateway.upload()
            assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
            said = done.stderr
        assert words in said
        assert 1 <= len(bad.seen) < 15
    assert gateway.outbox() == before
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
        gateway.assert_all_there_once()


def test_a_certificate_that_is_not_trusted_gets_nothing(gateway: Gateway) -> None:
    """Neither token nor summary goes out before the other end has shown who it is."""
    with bad_collector(forgets, tls=True) as bad:
        gateway.point_at(bad.url)
        done = gateway.upload()
        assert (done.returncode, "certificate isn't trusted" in done.stderr) == (1, True)
        assert bad.seen == []
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
        gateway.assert_all_there_once()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(gateway: Gateway, status: str) -> None:
    """The token is for the collector that the settings name, and for nobody it points to."""
    with bad_collector(forgets) as elsewhere:
        away = http(b"", status, headers=f"Location: {elsewhere.url}/v1/summaries\r\n")
        with bad_collector(lambda wire, upload: wire.sendall(away)) as bad:
            gateway.point_at(bad.url)
            done = gateway.upload()
        assert f"has no /v1/summaries (HTTP {status[:3]}); check upload.collector" in done.stderr
        assert elsewhere.seen == []
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
        gateway.assert_all_there_once()


@pytest.mark.parametrize("behaviour", [answers_twice, forgets])
def test_a_collector_that_acknowledged_and_kept_nothing_costs_nothing(
    gateway: Gateway, behaviour: object
) -> None:
    """It was believed. The next good one says how far it has the chain, and gets all of it."""
    with bad_collector(behaviour) as bad:  # type: ignore[arg-type]
        gateway.point_at(bad.url)
        assert gateway.upload().returncode == 0
        assert len(bad.seen) == 1
    assert gateway.outbox() == []
    gateway.sample(1, 0)
    with gateway.real_collector():
        done = gateway.upload()
        assert done.returncode == 0, done.stderr
        gateway.assert_all_there_once()
