"""Sends waiting summaries to the collector and believes only its receipt.

A summary leaves the outbox when the receipt names it, as accepted or as known. An answer that means
"never" (400, 413, 415, 422, or a refusal in the receipt) sets that summary aside with the reason, shown by
``bandgap status``; a batch that is refused as a whole is sent again one by one, so that one bad summary
blocks no other. A refusal of the site's own facts is nothing that a summary could help: all waits until
the settings are mended. Everything else - no network, 5xx, 429, a token that isn't valid yet, a page that
isn't a receipt - leaves all as it is for the next try.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass

import requests

from agent import __version__
from agent.config import AgentConfig
from agent.history import History
from reports.agent_state import AgentState
from reports.wire import upload_json

BATCH = 200
NOWHERE = "https://collector.invalid"
"""Stands for the collector while none is set (RFC 2606: a name that never resolves)."""
CONNECT_S, READ_S = 10.0, 30.0
NEVER = frozenset({400, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one round of sending came to. ``fault`` is None when nothing is left to send."""

    sent: int = 0
    refused: int = 0
    fault: str | None = None
    retry_after_s: float | None = None


def prepared(
    config: AgentConfig, token: str, summaries: Sequence[str], state: AgentState | None = None
) -> requests.PreparedRequest:
    """The request that carries these summaries (JSON texts), exactly as it goes out."""
    body = upload_json(__version__, config.site, config.contract, summaries, state)
    return requests.Request(
        "POST",
        f"{config.upload.collector or NOWHERE}/v1/summaries",
        data=gzip.compress(body, mtime=0),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Accept": "application/json",
            "User-Agent": f"bandgap/{__version__}",
        },
    ).prepare()


def send_waiting(
    history: History, config: AgentConfig, token: str, state: AgentState | None = None
) -> Delivery:
    """Sends all that waits, oldest first, in batches.

    When nothing does, an agent that is quiet says why: its collector would see nothing but silence.
    """
    sent = refused = 0
    with requests.Session() as session:
        if state and state.quiet_because and not history.waiting(1):
            return _send(session, history, config, token, [], state)
        while waiting := history.waiting(BATCH):
            delivery = _send(session, history, config, token, waiting, state)
            sent, refused = sent + delivery.sent, refused + delivery.refused
            if delivery.fault:
                return Delivery(sent, refused, delivery.fault, delivery.retry_after_s)
    return Delivery(sent, refused)


def _send(
    session: requests.Session,
    history: History,
    config: AgentConfig,
    token: str,
    summaries: Sequence[tuple[str, str]],
    state: AgentState | None,
) -> Delivery:
    request = prepared(config, token, [body for _, body in summaries], state)
    # A prepared request takes neither proxies nor a CA bundle from the environment by itself.
    verify: bool | str = config.upload.ca_file or True
    around = session.merge_environment_settings(request.url or "", {}, False, verify, None)
    try:
        answer = session.send(
            request,
            timeout=(CONNECT_S, READ_S),
            allow_redirects=False,
            proxies=around["proxies"],
            verify=around["verify"],
        )
    except requests.RequestException as fault:
        return Delivery(fault=_network_fault(fault, config))
    if answer.status_code in NEVER:
        if _of_the_settings(answer):
            return Delivery(
                fault=f"{config.upload.collector} refuses the site's own facts ({_problem(answer)})"
            )
        if len(summaries) == 1:
            history.mark_refused({summaries[0][0]: _problem(answer)})
            return Delivery(refused=1)
        total = Delivery()
        for one in summaries:
            single = _send(session, history, config, token, [one], state)
            total = Delivery(total.sent + single.sent, total.refused + single.refused, single.fault)
            if single.fault:
                break
        return total
    if answer.status_code != 200:
        return Delivery(fault=_refusal(answer, config), retry_after_s=_retry_after(answer))
    return _receive(history, answer, {one for one, _ in summaries}, config)


def _receive(history: History, answer: requests.Response, asked: set[str], config: AgentConfig) -> Delivery:
    try:
        receipt = answer.json()
        there = {*receipt["accepted"], *receipt["known"]} & asked
        refused = {str(one["id"]): str(one["reason"]) for one in receipt["refused"] if one["id"] in asked}
    except (ValueError, TypeError, KeyError):
        return Delivery(fault=f"{config.upload.collector} answered something that is no receipt")
    history.sent(sorted(there))
    history.mark_refused(refused)
    if asked and not there and not refused:
        return Delivery(fault=f"{config.upload.collector} answered with a receipt for none of what was sent")
    return Delivery(len(there), len(refused))


def _of_the_settings(answer: requests.Response) -> bool:
    """Whether what is refused is the site or the contract: with settings mended, no summary is lost."""
    try:
        field = str(json.loads(answer.content[:65_536]).get("field") or "")
    except (ValueError, AttributeError):
        return False
    return field.split(".")[0] in ("site", "contract")


def _problem(answer: requests.Response) -> str:
    """The reason in a problem document (RFC 9457), or the status."""
    try:
        problem = json.loads(answer.content[:65_536])
        words = str(problem.get("detail") or problem.get("title") or "")
    except (ValueError, AttributeError):
        words = ""
    return f"HTTP {answer.status_code}" + (f": {words[:300]}" if words else "")


def _refusal(answer: requests.Response, config: AgentConfig) -> str:
    where = config.upload.collector
    if answer.status_code in (401, 403):
        return f"{where} refuses the token ({_problem(answer)}); have the site enrolled again for a new one"
    if answer.status_code == 404 or answer.is_redirect:
        return f"{where} has no /v1/summaries (HTTP {answer.status_code}); check upload.collector"
    return f"{where} can't take summaries now ({_problem(answer)})"


def _network_fault(fault: requests.RequestException, config: AgentConfig) -> str:
    where = config.upload.collector
    if isinstance(fault, requests.exceptions.SSLError):
        return f"{where}: its certificate isn't trusted; for a certificate of your own set upload.ca_file"
    if isinstance(fault, requests.Timeout):
        return f"{where} didn't answer in time"
    return f"{where} can't be reached"


def _retry_after(answer: requests.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
