"""Hours are read on a short way, and nobody can tell it from the ordinary one but by the time it takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import text

from collector.app import Guarded
from collector.database import Database
from collector.engine import writing
from collector.people import api_tokens, register, tree
from collector.people.audit import Actor
from collector.registry import add_place, put_site
from collector.short_read import ShortRead
from reports.summaries import Summary
from tests.collector import made
from tests.collector.conftest import Running
from tests.collector.test_short_way import answers, connected
from tests.commands import until

OPERATOR = Actor("root", "command line")
DAY = timedelta(days=1)
LAST = "/v1/sites/lincoln/series?figures=usage_p95_down_mbps"


def hour(number: int) -> Summary:
    start = made.hour(made.NOW - timedelta(hours=number)).starts_at
    return made.hour(start, through_at=start + timedelta(hours=1), demand=40.0 + number)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were answered on the short way."""
    went: list[str] = []
    sending = ShortRead.send

    def noted(self: ShortRead, taken: Any, answer: bytes) -> None:
        went.append(taken.url.decode())
        sending(self, taken, answer)

    monkeypatch.setattr(ShortRead, "send", noted)
    return went


@pytest.fixture
def read(collector: Running, token: str, short: list[str]) -> Running:
    """A collector with some hours, whose short way is open: PostgreSQL's opens once it is connected to."""
    collector.post(token, made.body([hour(n) for n in (1, 2, 3, 30)]))

    def opened() -> bool:
        assert collector.get(LAST).status_code == 200
        return bool(short)

    until(opened, "the short way is open", 60)
    short.clear()
    return collector


def asked(collector: Running, path: str = LAST, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(collector.url + path, headers=named, timeout=60)


def ordinarily(collector: Running, path: str = LAST, **headers: str) -> requests.Response:
    return asked(collector, path, If_None_Match='"other"', **headers)


ALIKE = (
    "",
    "?figures=usage_p95_down_mbps",
    "?figures=tests_trusted,outage_minutes,typical_up_mbps",
    "?from=2026-11-26T10:00:00Z&to=2026-11-27T14:00:00Z",
    "?every=hour&from=2026-11-20T10:00:00Z&figures=usage_found",
    "?figures=usage%5Ffound&unknown=1",
)


def test_an_answer_is_the_same_on_both_ways(read: Running, short: list[str]) -> None:
    """Status, headers and body."""
    for count, query in enumerate(ALIKE, 1):
        path = f"/v1/sites/lincoln/series{query}"
        quick, other = asked(read, path), ordinarily(read, path)
        assert len(short) == count, query
        assert quick.status_code == other.status_code == 200
        assert quick.content == other.content
        drop = {"date": ""}
        assert {**quick.headers, **drop} == {**other.headers, **drop}
        assert quick.headers["X-Content-Type-Options"] == "nosniff"
        assert quick.headers["Cache-Control"] == "private, no-cache"


ELSE = {
    "/v1/sites/lincoln/series?every=day": 200,
    "/v1/sites/lincoln/series?figures=usage_found&from=2026-11-01T00:00:00Z": 200,
    "/v1/sites/lincoln/series?from=2026-10-01T00:00:00Z&to=2026-10-02T00:00:00Z": 200,
    "/v1/sites/lincoln/series?figures=none": 400,
    "/v1/sites/nobody/series": 404,
    "/v1/sites/lincoln/series.csv": 200,
    f"/v1/sites/lincoln/series?x={'y' * 3000}": 200,
}


def test_all_else_goes_the_ordinary_way(read: Running, short: list[str]) -> None:
    """Days, many hours or old ones, faults, other spellings, other methods."""
    for path, status in ELSE.items():
        assert asked(read, path).status_code == status, path
    for method, status in {"HEAD": 200, "POST": 405, "DELETE": 405}.items():
        assert requests.request(method, read.url + LAST, timeout=60).status_code == status
    assert short == []


@pytest.mark.parametrize(
    "line", ["Cookie: bandgap-session=x", "Content-Length: 4", "Transfer-Encoding: chunked"]
)
def test_the_least_doubt_leads_to_the_ordinary_way(read: Running, short: list[str], line: str) -> None:
    """It is answered all the same, and the connection goes on."""
    body = {"Content-Length: 4": b"body", "Transfer-Encoding: chunked": b"0\r\n\r\n"}.get(line, b"")
    with connected(read) as client:
        client.sendall(f"GET {LAST} HTTP/1.1\r\nHost: x\r\n{line}\r\n\r\n".encode() + body)
        (first,) = answers(client, 1)
        assert short == []
        client.sendall(f"GET {LAST} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        (second,) = answers(client, 1)
    assert first[0] == second[0] == 200
    assert first[2] == second[2]
    assert short == [LAST]


def test_requests_behind_each_other_are_answered_in_their_order(read: Running) -> None:
    """In one piece, ordinary ones among them."""
    asked = (
        "/v1/sites/lincoln/series?figures=usage_found",
        "/healthz",
        LAST,
        "/v1/sites/nobody/series",
        LAST,
    )
    pieces = [f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in asked]
    with connected(read) as client:
        client.sendall("".join(pieces).encode())
        found = answers(client, len(asked))
    assert [status for status, _, _ in found] == [200, 200, 200, 404, 200]
    assert b"usage_found" in found[0][2]
    assert b"status" in found[1][2]
    assert b"usage_p95_down_mbps" in found[2][2]
    assert found[2][2] == found[4][2]


def test_reading_and_sending_share_a_connection(read: Running, token: str) -> None:
    """The two short ways are of one protocol."""
    body = made.body([hour(4)])
    post = (f"POST /v1/summaries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body  # fmt: skip
    with connected(read) as client:
        for _ in range(3):
            client.sendall(post)
            assert answers(client, 1)[0][0] == 200
            client.sendall(f"GET {LAST} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            status, _, text = answers(client, 1)[0]
            assert status == 200
            assert b"44.0" in text


def test_it_is_counted_among_what_is_read(read: Running) -> None:
    def told() -> float:
        (line,) = [one for one in asked(read, "/metrics").text.splitlines()
                   if one.startswith("bandgap_requests_total") and 'kind="read"' in one and '"200"' in one]  # fmt: skip
        return float(line.rpartition(" ")[2])

    before = told()
    asked(read)
    assert told() == before + 1


@pytest.fixture
def tokens(read: Running) -> dict[str, str]:
    """Tokens of everywhere, of Lincoln's district and of another, and one without the scope; nobody else may read."""
    with writing(read.store.engine) as connection:
        state = add_place(connection, "state", "01", "Alabama")
        for number, name in (("0100005", "Lakes"), ("0100006", "Hills")):
            add_place(connection, "district", number, name, state)
        register.add(connection, OPERATOR, made.NOW, "root", "state_admin", (), None)
        known = read.store.site("lincoln")
        assert known is not None
        put_site(connection, known.key, tree.named(connection, ["district:0100005"])[0].key)

        def token(name: str, places: list[str], scope: str = "read:sites") -> str:
            at = tree.named(connection, places)
            return api_tokens.add(connection, OPERATOR, made.NOW, name, [scope], at, DAY)

        found = {
            "all": token("all", []),
            "state": token("state", ["state:01"]),
            "lakes": token("lakes", ["district:0100005"]),
            "hills": token("hills", ["district:0100006"]),
            "fleet": token("fleet", [], "read:fleet"),
        }
    for one in found.values():  # the day of its use is noted the ordinary way
        asked(read, Authorization=f"Bearer {one}")
    return found


def test_who_may_is_let_in_on_both_ways_and_nobody_else(
    read: Running, tokens: dict[str, str], short: list[str]
) -> None:
    """The same gate: a site elsewhere isn't there, a scope is a scope, and whoever shows nothing is nobody."""
    for name, status in {"all": 200, "state": 200, "lakes": 200, "hills": 404, "fleet": 403}.items():
        short.clear()
        answer = asked(read, Authorization=f"Bearer {tokens[name]}")
        assert (name, answer.status_code, len(short)) == (name, status, int(status == 200))
        assert ordinarily(read, Authorization=f"Bearer {tokens[name]}").content == answer.content
    assert asked(read).status_code == 401
    assert asked(read, Authorization="Bearer bandgap_api_wrong").status_code == 401


def test_a_token_that_is_removed_ends_at_once(
    read: Running, tokens: dict[str, str], short: list[str]
) -> None:
    bearer = f"Bearer {tokens['all']}"
    assert asked(read, Authorization=bearer).status_code == 200
    with writing(read.store.engine) as connection:
        api_tokens.remove(connection, OPERATOR, made.NOW, "all")
    assert asked(read, Authorization=bearer).status_code == 401
    assert short == [LAST]


def test_a_token_ends_with_its_time(read: Running, tokens: dict[str, str]) -> None:
    read.now += DAY - timedelta(seconds=1)
    assert asked(read, Authorization=f"Bearer {tokens['all']}").status_code == 200
    read.now += timedelta(seconds=1)
    assert asked(read, Authorization=f"Bearer {tokens['all']}").status_code == 401


def test_a_site_that_is_moved_is_gone_at_once(
    read: Running, tokens: dict[str, str], short: list[str]
) -> None:
    """For whom it was there, and is there for the others."""
    known = read.store.site("lincoln")
    assert known is not None
    with writing(read.store.engine) as connection:
        put_site(connection, known.key, tree.named(connection, ["district:0100006"])[0].key)
    assert asked(read, Authorization=f"Bearer {tokens['lakes']}").status_code == 404
    assert short == []
    assert asked(read, Authorization=f"Bearer {tokens['hills']}").status_code == 200
    assert short == [LAST]


def test_the_day_of_a_tokens_use_is_noted(read: Running, tokens: dict[str, str], short: list[str]) -> None:
    """Once a day, the ordinary way."""
    for _ in range(2):
        assert asked(read, Authorization=f"Bearer {tokens['all']}").status_code == 200
    assert len(short) == 2
    short.clear()
    read.now += timedelta(hours=8)  # past midnight
    for _ in range(2):
        assert asked(read, Authorization=f"Bearer {tokens['all']}").status_code == 200
    assert len(short) == 1
    with read.store.engine.connect() as connection:
        used = {one.name: one.used_on for one in api_tokens.every(connection)}
    assert used["all"] == read.now.date()


def test_what_came_is_told_at_once(read: Running, token: str, short: list[str]) -> None:
    """A receipt says that it is there; nothing is remembered that would hide it."""
    for n in range(5, 15):
        assert read.post(token, made.body([hour(n)])).status_code == 200
        column = asked(read).json()["figures"]["usage_p95_down_mbps"]
        assert column[-1 - n] == 40.0 + n
    assert len(short) == 10


def test_many_ask_at_once(read: Running, short: list[str]) -> None:
    """Each is told what it asked for."""
    names = ("usage_found", "tests_trusted", "outage_minutes", "usage_p50_up_mbps")
    clients = [connected(read) for _ in range(24)]
    for n, client in enumerate(clients):
        path = f"/v1/sites/lincoln/series?figures={names[n % 4]}"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 5)
    for n, client in enumerate(clients):
        for status, _, told in answers(client, 5):
            assert status == 200
            assert f'"figures":{{"{names[n % 4]}":[' in told.decode()
        client.close()
    assert short


def test_a_broken_connection_to_the_database_is_nobodys_fault(
    read: Running, database: Database, short: list[str]
) -> None:
    """Whoever asks meanwhile is answered on the ordinary way, and then it is short again."""
    if database.path is not None:
        pytest.skip("SQLite has no connection to break")
    with read.store.engine.connect() as connection:
        ended = connection.execute(
            text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%kept.bodies%'"
            )
        ).scalar_one()
    assert ended == 1
    short.clear()

    def opened() -> bool:
        assert asked(read).status_code == 200
        return bool(short)

    until(opened, "the short way is open again", 60)


def test_postgresql_looks_for_each_hour_by_its_index(read: Running, database: Database) -> None:
    """By the times alone, it would go through the hours of all sites."""
    if database.path is not None:
        pytest.skip("SQLite is told how to go")
    from collector.ready_postgres import _SETTINGS, _STATEMENT

    ends = int(made.hour().starts_at.timestamp())
    hours = ",".join(str(at) for at in range(ends - 86_400, ends, 3600))
    with read.store.engine.connect() as connection:
        for statement in _SETTINGS:
            connection.exec_driver_sql(statement)
        types = "bytea, bytea, text, bigint[], bigint, bigint"
        connection.exec_driver_sql(f"PREPARE asked ({types}) AS {_STATEMENT}")
        rows = connection.exec_driver_sql(
            f"EXPLAIN EXECUTE asked (NULL, NULL, 'lincoln', '{{{hours}}}', {ends - 86_400}, {ends - 3600})"
        )
        plan = "\n".join(row[0] for row in rows)
    assert "starts_at = ANY ($4)" in plan
    assert "Seq Scan" not in plan


def test_whoever_hangs_up_is_no_fault(read: Running) -> None:
    """Before the answer, or in the middle of asking."""
    for piece in (f"GET {LAST} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 20, f"GET {LAST} HT".encode()):
        with connected(read) as client:
            client.sendall(piece)
    assert asked(read).status_code == 200


def test_an_hour_that_cannot_be_read_is_told_by_the_ordinary_way(
    read: Running, short: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body of a form that this version doesn't know."""
    with writing(read.store.engine) as connection:
        connection.execute(text("UPDATE hours SET body = :body"), {"body": b"\x91\x02"})
    assert asked(read).status_code == 500
    assert short == []


def test_without_the_short_way_all_is_as_it_was(read: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the ordinary way would have been asked, if it was."""
    went = []
    going = Guarded.__call__

    async def noted(self: Guarded, scope: Any, receive: Any, send: Any) -> None:
        went.append(scope["path"])
        await going(self, scope, receive, send)

    monkeypatch.setattr(Guarded, "__call__", noted)
    asked(read)
    assert went == []
    ordinarily(read)
    assert went == ["/v1/sites/lincoln/series"]
