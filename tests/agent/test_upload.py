"""Summaries leave once, believed only by their receipt, whatever a collector does."""

import dataclasses
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import store
from agent.config import AgentConfig, load
from agent.history import History
from agent.upload import send_waiting
from reports.agent_state import AgentState
from reports.periods import SchoolHours, day_of
from reports.sites import Site
from reports.summaries import summarise
from tests.loopback import Answer, Behaviour, receipt, serving

DAY = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOURS = SchoolHours.of(Site(timezone="UTC"))
TOKEN = "t0ken-of-thirty-two-characters-xx"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    connection = store.open_store(tmp_path)
    filled = History(connection)
    for n in range(3):
        day = day_of(DAY + timedelta(days=n), HOURS.zone)
        filled.keep_summary(summarise(day, day.ends_at, [], [], HOURS))
    yield filled
    connection.close()


def config_for(url: str) -> AgentConfig:
    config = load(None, zone="UTC")
    return dataclasses.replace(config, upload=dataclasses.replace(config.upload, collector=url))


def labels(history: History) -> list[str]:
    return [one.split(":")[1] for one, _ in history.waiting()]


def test_all_that_waits_is_sent_in_order(history: History) -> None:
    """One batch, oldest first, with token, format and compression; afterwards nothing waits."""
    with serving(lambda n, body: receipt(body)) as server:
        delivery = send_waiting(history, config_for(server.url), TOKEN)
    assert (delivery.sent, delivery.fault) == (3, None)
    assert labels(history) == []
    ((method, path, headers, body),) = server.seen
    assert (method, path) == ("POST", "/v1/summaries")
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Encoding"] == "gzip"
    assert body["format"] == 1
    assert [s["label"] for s in body["summaries"]] == ["2026-11-02", "2026-11-03", "2026-11-04"]


def test_a_known_summary_is_success(history: History) -> None:
    """The receipt was lost on the way the last time: the collector has it, and that is what counts."""
    with serving(lambda n, body: receipt(body, known=True)) as server:
        assert send_waiting(history, config_for(server.url), TOKEN).sent == 3
    assert labels(history) == []


def _later(status: int, **headers: str) -> Behaviour:
    return lambda n, body: Answer(status, b'{"title": "no"}', dict(headers))


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (_later(500), "can't take summaries now (HTTP 500: no)"),
        (_later(503), "can't take summaries now (HTTP 503: no)"),
        (_later(429, **{"Retry-After": "120"}), "can't take summaries now (HTTP 429: no)"),
        (_later(401), "refuses the token (HTTP 401: no); have the site enrolled again for a new one"),
        (_later(404), "has no /v1/summaries (HTTP 404); check upload.collector"),
        (_later(302, Location="http://[::1]:1/"), "has no /v1/summaries (HTTP 302); check upload.collector"),
        (lambda n, body: Answer(200, b"<html>Log in</html>"), "answered something that is no receipt"),
        (lambda n, body: Answer(200, b"[]"), "answered something that is no receipt"),
        (lambda n, body: Answer(200, b'{"accepted": [], "known": [], "refused": []}'),
         "answered with a receipt for none of what was sent"),
    ],
)  # fmt: skip
def test_whatever_is_no_receipt_leaves_all_waiting(
    history: History, behaviour: Behaviour, words: str
) -> None:
    """Nothing is lost to an error page, a captive portal, a redirect or a cut connection."""
    with serving(behaviour) as server:
        delivery = send_waiting(history, config_for(server.url), TOKEN)
    assert delivery.fault == f"{server.url} {words}"
    assert labels(history) == ["2026-11-02", "2026-11-03", "2026-11-04"]
    assert list(history.refused()) == []


def test_a_receipt_that_is_cut_off_is_none(history: History) -> None:
    """However the library puts it: nothing was acknowledged."""
    with serving(lambda n, body: Answer(200, receipt(body).body[:-9], cut=True)) as server:
        assert send_waiting(history, config_for(server.url), TOKEN).fault is not None
    assert len(labels(history)) == 3


def test_retry_after_is_handed_on(history: History) -> None:
    with serving(_later(429, **{"Retry-After": "120"})) as server:
        assert send_waiting(history, config_for(server.url), TOKEN).retry_after_s == 120


def test_nobody_there_leaves_all_waiting(history: History) -> None:
    """A refused connection is one line."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    delivery = send_waiting(history, config_for(url), TOKEN)
    assert delivery.fault == f"{url} can't be reached"
    assert len(labels(history)) == 3


def test_one_bad_summary_blocks_no_other(history: History) -> None:
    """A batch refused as a whole is sent again one by one; only the bad one is set aside, with its reason."""

    def picky(n: int, body: dict[str, list[dict[str, str]]]) -> Answer:
        if any(summary["label"] == "2026-11-03" for summary in body["summaries"]):
            return Answer(422, b'{"title": "Bad", "detail": "summaries[0].usage: too odd"}')
        return receipt(body)

    with serving(picky) as server:
        delivery = send_waiting(history, config_for(server.url), TOKEN)
    assert (delivery.sent, delivery.refused, delivery.fault) == (2, 1, None)
    assert labels(history) == []
    ((one, reason),) = history.refused()
    assert one.startswith("day:2026-11-03:")
    assert reason == "HTTP 422: summaries[0].usage: too odd"


def test_refused_site_facts_cost_no_summary(history: History) -> None:
    """A connection type that an older collector doesn't know is mended in the settings, not in the outbox."""
    problem = b'{"title": "Bad", "detail": "expected fibre", "field": "contract.connection"}'
    with serving(lambda n, body: Answer(422, problem)) as server:
        delivery = send_waiting(history, config_for(server.url), TOKEN)
    assert delivery.fault == f"{server.url} refuses the site's own facts (HTTP 422: expected fibre)"
    assert len(server.seen) == 1
    assert len(labels(history)) == 3


def test_a_refusal_in_the_receipt_sets_that_one_aside(history: History) -> None:
    """The others of the batch are there all the same."""
    first = history.waiting()[0][0]

    def refusing(n: int, body: dict[str, list[dict[str, str]]]) -> Answer:
        answer = receipt({"summaries": body["summaries"][1:]})
        said = f', "refused": [{{"id": "{first}", "reason": "other content under this id"}}]'
        return Answer(200, answer.body.replace(b', "refused": []', said.encode()))

    with serving(refusing) as server:
        delivery = send_waiting(history, config_for(server.url), TOKEN)
    assert (delivery.sent, delivery.refused) == (2, 1)
    assert [reason for _, reason in history.refused()] == ["other content under this id"]


def test_a_receipt_for_what_was_not_sent_moves_nothing(history: History) -> None:
    """Ids that weren't in the upload are not believed."""
    foreign = b'{"accepted": ["day:2030-01-01:0"], "known": [], "refused": []}'
    with serving(lambda n, body: Answer(200, foreign)) as server:
        assert send_waiting(history, config_for(server.url), TOKEN).fault is not None
    assert len(labels(history)) == 3


QUIET = AgentState(quiet_because="store_not_writable", uptime_s=77.0)


def test_the_agents_state_goes_along(history: History) -> None:
    """With every batch; an agent that keeps no heartbeat has none, and then the member isn't there."""
    with serving(lambda n, body: receipt(body)) as server:
        send_waiting(history, config_for(server.url), TOKEN, QUIET)
    assert server.seen[0][3]["agent_state"]["quiet_because"] == "store_not_writable"


def test_a_quiet_agent_says_so_when_nothing_waits(history: History) -> None:
    """Its collector would see nothing but silence; one that isn't quiet has nothing to add."""
    with serving(lambda n, body: receipt(body)) as server:
        send_waiting(history, config_for(server.url), TOKEN)
        assert "agent_state" not in server.seen[0][3]
        assert send_waiting(history, config_for(server.url), TOKEN, QUIET).fault is None
        assert send_waiting(history, config_for(server.url), TOKEN, AgentState(uptime_s=5.0)).fault is None
    assert len(server.seen) == 2
    assert server.seen[1][3]["summaries"] == []
