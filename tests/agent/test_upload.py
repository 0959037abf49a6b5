"""Summaries leave once, believed only by their receipt, whatever a collector does."""

import dataclasses
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent import store
from agent.config import AgentConfig, load
from agent.history import History
from agent.upload import Delivery, send_waiting
from reports.agent_state import AgentState
from reports.chain import Have
from reports.periods import SchoolHours, day_of, hour_of, week_of
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


@pytest.fixture
def month(tmp_path: Path) -> Iterator[History]:
    """A store with 700 hours that wait, and the week that runs."""
    (tmp_path / "month").mkdir()
    connection = store.open_store(tmp_path / "month")
    connection.execute("PRAGMA synchronous = OFF")
    filled = History(connection)
    for n in range(700):
        hour = hour_of(DAY + timedelta(hours=n))
        filled.keep_summary(summarise(hour, hour.ends_at, [], [], HOURS))
    week = week_of(DAY + timedelta(hours=700), HOURS.zone)
    filled.keep_summary(summarise(week, week.starts_at + timedelta(hours=5), [], [], HOURS))
    yield filled
    connection.close()


def test_a_month_leaves_in_batches_the_running_week_first(month: History) -> None:
    """Four requests; the newest state is in the first, and the links come in their order."""
    with serving(lambda n, body: receipt(body)) as server:
        assert send_waiting(month, config_for(server.url), TOKEN) == Delivery(sent=701)
    sent = [summary for _, _, _, body in server.seen for summary in body["summaries"]]
    assert [len(body["summaries"]) for _, _, _, body in server.seen] == [200, 200, 200, 101]
    assert sent[0]["kind"] == "week"
    assert [summary["chain"]["number"] for summary in sent[1:]] == list(range(1, 701))


def test_a_limit_on_bodies_is_found_by_halving(month: History) -> None:
    """A proxy takes no more than sixty at once and says so in a page of its own; nothing is set aside."""

    def narrow(n: int, body: dict[str, list[dict[str, str]]]) -> Answer:
        if len(body["summaries"]) > 60:
            return Answer(413, b"<html>Request Entity Too Large</html>")
        return receipt(body)

    with serving(narrow) as server:
        assert send_waiting(month, config_for(server.url), TOKEN) == Delivery(sent=701)
    assert len(server.seen) < 30
    assert list(month.refused()) == []


@pytest.mark.parametrize("status", [400, 415, 500])
def test_a_summary_that_the_collector_fails_at_is_passed_over(month: History, status: int) -> None:
    """All the others arrive; this one waits for a collector that is mended, and says so."""

    def failing(n: int, body: dict[str, list[dict[str, str]]]) -> Answer:
        if any(summary["label"] == "2026-11-05T09Z" for summary in body["summaries"]):
            return Answer(status, b'{"title": "Oh", "detail": "no idea"}')
        return receipt(body)

    with serving(failing) as server:
        delivery = send_waiting(month, config_for(server.url), TOKEN)
    assert delivery.sent == 700
    assert delivery.fault == f"{server.url} can't take summaries now (HTTP {status}: no idea)"
    assert labels(month) == ["2026-11-05T09Z"]
    assert len(server.seen) < 25


@pytest.mark.parametrize("status", [400, 413, 415, 422, 500])
def test_a_collector_that_fails_at_everything_is_asked_few_times(month: History, status: int) -> None:
    """A page that no collector wrote sets nothing aside, and isn't asked for every summary."""
    with serving(lambda n, body: Answer(status, b"<html>Out of order</html>")) as server:
        delivery = send_waiting(month, config_for(server.url), TOKEN)
    assert delivery.fault == f"{server.url} can't take summaries now (HTTP {status})"
    assert (delivery.sent, delivery.refused, len(month.waiting())) == (0, 0, 701)
    assert len(server.seen) < 15


def having(through: int, missing: list[list[int]]) -> Behaviour:
    """A collector that takes all and says how far it has the chain."""

    def behave(n: int, body: Any) -> Answer:
        said = json.loads(receipt(body).body)
        return Answer(body=json.dumps({**said, "have": _have(through, missing)}).encode())

    return behave


def _have(through: int, missing: list[list[int]]) -> dict[str, object]:
    return {"through": through, "head": "0" * 64, "missing": missing}


def test_what_a_restored_collector_lacks_is_sent_again_in_the_same_run(month: History) -> None:
    """It said that it had all; now it has up to 650, and not 5 to 9. Asked once: it may never say otherwise."""
    week = month.waiting()[0][0]
    month.sent([one for one, _ in month.waiting() if one != week])
    with serving(having(650, [[5, 9]])) as server:
        delivery = send_waiting(month, config_for(server.url), TOKEN)
    first, again = (body["summaries"] for _, _, _, body in server.seen)
    assert [summary["kind"] for summary in first] == ["week"]
    assert [summary["kind"] for summary in again[:2]] == ["week", "hour"]
    assert [summary["chain"]["number"] for summary in again[1:]] == [*range(5, 10), *range(651, 701)]
    assert delivery.have == Have(650, "0" * 64, ((5, 9),))
    assert month.waiting() == []


def test_a_collector_that_has_more_than_this_store_is_sent_nothing_again(history: History) -> None:
    with serving(having(900, [])) as server:
        delivery = send_waiting(history, config_for(server.url), TOKEN)
    assert (len(server.seen), delivery.have) == (1, Have(900, "0" * 64))


@pytest.mark.parametrize(
    "have",
    [7, [], {}, {"through": "9", "head": None, "missing": []}, _have(-1, []), _have(1 << 70, []), _have(9, [[1]]),
     _have(9, [[1, 1 << 70]])],
)  # fmt: skip
def test_a_receipt_whose_have_is_nonsense_is_none(history: History, have: object) -> None:
    """A receipt is believed as a whole or not at all."""

    def odd(n: int, body: Any) -> Answer:
        return Answer(body=json.dumps({**json.loads(receipt(body).body), "have": have}).encode())

    with serving(odd) as server:
        delivery = send_waiting(history, config_for(server.url), TOKEN)
    assert delivery.fault == f"{server.url} answered something that is no receipt"
    assert len(labels(history)) == 3


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
