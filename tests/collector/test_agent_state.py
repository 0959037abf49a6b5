"""What an agent says of itself with an upload is kept, shown in a line, and held to its form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from reports.agent_state import AgentState
from reports.summaries import Summary
from reports.wire import summary_json, upload_json
from tests.collector import made
from tests.collector.conftest import Running

QUIET = AgentState(
    at=made.NOW - timedelta(minutes=2),
    uptime_s=3 * 86_400.0,
    sampled_at=made.NOW - timedelta(hours=5),
    quiet_since=made.NOW - timedelta(hours=5),
    quiet_because="no_interface",
    undated_minutes=12,
)


def upload(state: AgentState | None, *summaries: Summary) -> bytes:
    return upload_json("0.2.0", made.LINCOLN, made.CABLE, [summary_json(one) for one in summaries], state)


def spoiled(**members: object) -> bytes:
    body = json.loads(upload(QUIET))
    body["agent_state"] |= members
    return json.dumps(body).encode()


def test_the_site_page_says_in_a_line_why_a_site_is_quiet(collector: Running, token: str) -> None:
    """With since when, by the site's own clock; the same is there as JSON."""
    assert collector.post(token, upload(QUIET, made.week())).status_code == 200
    page = " ".join(collector.get("/sites/lincoln").text.split())
    assert (
        "0.2.0, up 3 days, quiet since Fri 27 Nov 2026, 07:05 because there is no WAN interface to read, "
        "12 minutes of unknown date" in page
    )
    state = collector.get("/v1/sites/lincoln").json()["agent_state"]
    assert state["quiet_because"] == "no_interface"
    assert datetime.fromisoformat(state["quiet_since"]) == QUIET.quiet_since


def test_an_upload_without_summaries_may_say_it_too(collector: Running, token: str) -> None:
    """A quiet agent has none, and its collector would see nothing but silence."""
    answer = collector.post(token, upload(QUIET))
    none: dict[str, object] = {"through": 0, "head": None, "missing": []}
    assert answer.json() == {"accepted": [], "known": [], "refused": [], "have": none}
    assert collector.get("/v1/sites/lincoln").json()["standing"]["heard_at"] is not None


def test_an_agent_that_says_nothing_of_itself_is_as_welcome(collector: Running, token: str) -> None:
    """Older ones don't; what an earlier upload said no longer holds."""
    collector.post(token, upload(QUIET, made.week()))
    assert collector.post(token, upload(None, made.day())).status_code == 200
    assert collector.get("/v1/sites/lincoln").json()["agent_state"] is None
    assert "quiet since" not in collector.get("/sites/lincoln").text


def test_a_newer_agents_state_is_read_as_far_as_it_is_known(collector: Running, token: str) -> None:
    """Unknown members are ignored, an unknown reason is shown as it came, and harmless."""
    assert collector.post(token, spoiled(mood="good", quiet_because="<b>moon</b>")).status_code == 200
    page = collector.get("/sites/lincoln").text
    assert "because &lt;b&gt;moon&lt;/b&gt;" in page


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("quiet_because", "two\nlines"),
        ("quiet_because", "x" * 65),
        ("quiet_because", ""),
        ("quiet_since", "2026-11-27T12:00:00"),
        ("at", "0001-01-01T00:00:00Z"),
        ("uptime_s", -1),
        ("uptime_s", "long"),
        ("undated_minutes", -1),
        ("undated_minutes", 1e12),
    ],
)
def test_a_state_that_cannot_be_is_refused_with_its_field(
    collector: Running, token: str, member: str, value: object
) -> None:
    answer = collector.post(token, spoiled(**{member: value}))
    assert answer.status_code == 422
    assert answer.json()["field"] == f"agent_state.{member}"


def test_a_state_without_a_clock_has_no_times(collector: Running, token: str) -> None:
    """The reason is there, and since when is not made up."""
    collector.post(token, upload(AgentState(uptime_s=90.0, quiet_because="clock_not_set")))
    page = collector.get("/sites/lincoln").text
    assert "quiet because the clock isn&#39;t set" in page


def test_times_are_kept_to_the_second_they_had(collector: Running, token: str) -> None:
    at = datetime(2026, 11, 24, 8, 0, 1, 500_000, tzinfo=UTC)
    collector.post(token, upload(AgentState(at=at)))
    assert datetime.fromisoformat(collector.get("/v1/sites/lincoln").json()["agent_state"]["at"]) == at
