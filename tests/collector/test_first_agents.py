"""An agent of the first format is heard by today's collector: gateways are upgraded years after it, or never.

``data/upload-of-a3716a6.json.gz`` is an upload as commit a3716a6, the first with an agent, sent it: two days of
a made-up school, before there were links, an agent's state, or notes of what else a test found.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from reports.sites import Site
from tests.collector.conftest import Running

SENT = (Path(__file__).parent / "data" / "upload-of-a3716a6.json.gz").read_bytes()
SAID: dict[str, Any] = json.loads(gzip.decompress(SENT))


@pytest.fixture
def token(collector: Running) -> str:
    return collector.enrol(Site(id="try-elementary", name="Try Elementary"))


def post(collector: Running, token: str) -> dict[str, Any]:
    answer = collector.post(token, SENT, Content_Encoding="gzip", User_Agent="bandgap/0.1.0")
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def test_all_of_its_summaries_are_taken_and_count_once(collector: Running, token: str) -> None:
    """Hours, days and weeks, the running one too; sent again they are known."""
    receipt = post(collector, token)
    assert (len(receipt["accepted"]), receipt["known"], receipt["refused"]) == (46, [], [])
    assert collector.rows() == len(SAID["summaries"]) == 46
    receipt = post(collector, token)
    assert (receipt["accepted"], len(receipt["known"]), receipt["refused"]) == ([], 46, [])
    assert collector.rows() == 46


def test_it_reads_its_receipt_by_the_words_of_its_day(collector: Running, token: str) -> None:
    """Ids in two lists of texts; what a receipt has said since is passed over."""
    receipt = post(collector, token)
    assert all(isinstance(one, str) for one in (*receipt["accepted"], *receipt["known"]))
    assert {one.partition(":")[0] for one in receipt["accepted"]} == {"hour", "day", "week"}


def test_its_figures_are_shown_as_it_sent_them(collector: Running, token: str) -> None:
    post(collector, token)
    sent = next(one for one in SAID["summaries"] if one["kind"] == "week" and one["label"] == "2026-W48")
    shown = collector.get("/v1/sites/try-elementary").json()
    assert (shown["standing"]["week"], shown["standing"]["agent"]) == ("2026-W48", "0.1.0")
    assert shown["standing"]["gap"]["delivered"] == sent["capacity"]["typical"]
    assert (shown["site"]["students"], shown["contract"]["down_mbps"]) == (420, 500.0)


def test_what_it_cant_know_is_said_to_be_unknown(collector: Running, token: str) -> None:
    """No chain and no state; the page is whole without them."""
    post(collector, token)
    shown = collector.get("/v1/sites/try-elementary").json()
    assert (shown["chain"], shown["agent_state"]) == (None, None)
    page = collector.get("/sites/try-elementary")
    assert page.status_code == 200
    assert "none: its agent links no summaries" in page.text
