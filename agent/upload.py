"""Sends waiting summaries to the collector and believes only its receipt.

A summary leaves the outbox when the receipt names it, as accepted or as known. It is set aside for good,
with the reason, shown by ``bandgap status``, when the collector refuses it by itself: in the receipt, or by
a problem (413, 422) over an upload of it alone. A batch that is refused as a whole is sent again in halves,
so that one bad summary blocks no other; one that the collector only fails at (400, 415, 500) is passed over,
until a second one says that the collector fails at all of them. A refusal of the site's own facts is nothing
that a summary could help: all waits until the settings are mended. Everything else - no network, 5xx, 429, a
token that isn't valid yet, a page that isn't a receipt - leaves all as it is for the next try.

The receipt also says how far the collector has the site's chain. What is missing there is put back into the
outbox once per run: a collector that was restored from a copy gets again what it had lost, and one that
has more than this store does is sent nothing that it knows. No run begins a request after ``RUN_S``.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests

from agent import __version__
from agent.config import AgentConfig
from agent.history import History
from reports.agent_state import AgentState
from reports.chain import Have
from reports.wire import upload_json

BATCH = 200
NOWHERE = "https://collector.invalid"
"""Stands for the collector while none is set (RFC 2606: a name that never resolves)."""
RUN_S = 300.0
"""Half of what the agent allows an upload as a child: the last request has its time too."""
MOST_ANSWER_BYTES = 1_000_000
"""A receipt for a batch is a hundredth of it; whatever is longer is no receipt."""

SPLIT = frozenset({400, 413, 415, 422, 500})
"""What one summary can bring upon its whole batch."""
FOR_GOOD = frozenset({413, 422})
"""Of these, what says that the summary itself can't be taken; 400 and 415 may be a proxy's doing."""
MOST_PASSED_OVER = 1

TOKEN_REFUSED, UNREACHABLE, COLLECTOR_FAILED = "token_refused", "collector_unreachable", "collector_failed"
"""Why nothing was sent, as ``reports.agent_state.ABSENT`` has it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a connection, and for each part of an answer."""

    connect_s: float = 10.0
    read_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one round of sending came to. ``fault`` is None when nothing is in the way of the rest.

    ``have`` is how far the collector says it has the chain, None when it doesn't say. ``because`` is the
    fault as a key of ``reports.agent_state.ABSENT``.
    """

    sent: int = 0
    refused: int = 0
    fault: str | None = None
    retry_after_s: float | None = None
    have: Have | None = None
    because: str | None = None


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
    history: History,
    config: AgentConfig,
    token: str,
    state: AgentState | None = None,
    patience: Patience = Patience(),
) -> Delivery:
    """Sends all that waits, and what the collector turns out to have lost, in batches.

    When nothing waits, an agent that is quiet says why: its collector would see nothing but silence.
    """
    with requests.Session() as session:
        run = _Run(session, history, config, token, state, patience)
        try:
            run.drain()
        except _Stopped as stop:
            return Delivery(run.sent, run.refused, stop.fault, stop.retry_after_s, run.have, stop.because)
    because = COLLECTOR_FAILED if run.failing_at else None
    return Delivery(run.sent, run.refused, run.failing_at, None, run.have, because)


class _Stopped(Exception):
    """Nothing more can be sent now, for this reason."""

    def __init__(
        self, fault: str, retry_after_s: float | None = None, because: str = COLLECTOR_FAILED
    ) -> None:
        self.fault, self.retry_after_s, self.because = fault, retry_after_s, because


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def problem(self) -> dict[str, Any] | None:
        """The problem document (RFC 9457) that only a collector sends; None for any other page."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) and "title" in found else None


class _Run:
    """One run of uploads over one session. Raises _Stopped when it can't go on."""

    def __init__(
        self,
        session: requests.Session,
        history: History,
        config: AgentConfig,
        token: str,
        state: AgentState | None,
        patience: Patience,
    ) -> None:
        self._session, self._history, self._config, self._token = session, history, config, token
        self._state, self._patience = state, patience
        self._until_s = time.monotonic() + RUN_S
        self._passed: set[str] = set()
        self._put_back = False
        self.sent = self.refused = 0
        self.have: Have | None = None
        self.failing_at: str | None = None

    def drain(self) -> None:
        if self._state and self._state.quiet_because and not self._history.waiting(1):
            self._deliver([])
        while time.monotonic() < self._until_s:
            waiting = self._history.waiting(BATCH + len(self._passed))
            if batch := [one for one in waiting if one[0] not in self._passed][:BATCH]:
                self._deliver(batch)
            elif not self._puts_back():
                return

    def _puts_back(self) -> bool:
        """Whether the collector lacks something that it once had; asked once, for it may never say so."""
        if self._put_back or self.have is None:
            return False
        self._put_back = True
        return self._history.put_back(self.have) > 0

    def _deliver(self, batch: Sequence[tuple[str, str]]) -> None:
        if time.monotonic() >= self._until_s:
            return
        answer = self._post([body for _, body in batch])
        if answer.status == 200:
            self._receive(answer, {one for one, _ in batch})
        elif answer.status in SPLIT:
            self._mind_the_settings(answer)
            if not batch:
                raise _Stopped(_refusal(answer, self._config), _retry_after(answer))
            if len(batch) > 1:
                half = len(batch) // 2
                self._deliver(batch[:half])
                self._deliver(batch[half:])
            else:
                self._set_aside(answer, batch[0][0])
        else:
            because = TOKEN_REFUSED if answer.status in (401, 403) else COLLECTOR_FAILED
            raise _Stopped(_refusal(answer, self._config), _retry_after(answer), because)

    def _set_aside(self, answer: _Answer, one: str) -> None:
        if answer.status in FOR_GOOD and answer.problem is not None:
            self._history.mark_refused({one: _problem(answer)})
            self.refused += 1
        elif len(self._passed) < MOST_PASSED_OVER:
            self._passed.add(one)
            self.failing_at = _refusal(answer, self._config)
        else:
            raise _Stopped(_refusal(answer, self._config), _retry_after(answer))

    def _post(self, bodies: Sequence[str]) -> _Answer:
        request = prepared(self._config, self._token, bodies, self._state)
        # A prepared request takes neither proxies nor a CA bundle from the environment by itself.
        verify: bool | str = self._config.upload.ca_file or True
        around = self._session.merge_environment_settings(request.url or "", {}, True, verify, None)
        try:
            with self._session.send(
                request,
                timeout=(self._patience.connect_s, self._patience.read_s),
                allow_redirects=False,
                stream=True,
                proxies=around["proxies"],
                verify=around["verify"],
            ) as answer:
                body = bytearray()
                for part in answer.iter_content(65_536):
                    body += part
                    if len(body) > MOST_ANSWER_BYTES:
                        break
        except requests.RequestException as fault:
            raise _Stopped(_network_fault(fault, self._config), because=UNREACHABLE) from None
        if answer.status_code != 200:
            self._session.close()  # many a box hangs up after an error and doesn't say so
        return _Answer(answer.status_code, answer.headers, bytes(body[:MOST_ANSWER_BYTES]))

    def _receive(self, answer: _Answer, asked: set[str]) -> None:
        where = self._config.upload.collector
        try:
            receipt = json.loads(answer.body)
            there = {*receipt["accepted"], *receipt["known"]} & asked
            refused = {str(one["id"]): str(one["reason"]) for one in receipt["refused"] if one["id"] in asked}
            have = _have(receipt.get("have"))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise _Stopped(f"{where} answered something that is no receipt") from None
        self._history.sent(sorted(there))
        self._history.mark_refused(refused)
        self.sent, self.refused = self.sent + len(there), self.refused + len(refused)
        if asked and not there and not refused:
            raise _Stopped(f"{where} answered with a receipt for none of what was sent")
        self.have = have

    def _mind_the_settings(self, answer: _Answer) -> None:
        """Stops when what is refused is the site or the contract: mended settings lose no summary."""
        field = str((answer.problem or {}).get("field") or "")
        if field.split(".")[0] in ("site", "contract"):
            raise _Stopped(
                f"{self._config.upload.collector} refuses the site's own facts ({_problem(answer)})"
            )


def _have(told: Any) -> Have | None:
    """How far the collector has the chain; a collector of old doesn't say."""
    if told is None:
        return None
    missing = tuple((_number(first), _number(last)) for first, last in told["missing"])
    head = told["head"]
    return Have(_number(told["through"]), None if head is None else str(head)[:64], missing)


def _number(told: Any) -> int:
    if not isinstance(told, int) or not 0 <= told < 1 << 62:
        raise ValueError(told)
    return told


def _problem(answer: _Answer) -> str:
    """The reason in a problem document, or the status."""
    problem = answer.problem or {}
    words = str(problem.get("detail") or problem.get("title") or "")
    return f"HTTP {answer.status}" + (f": {words[:300]}" if words else "")


def _refusal(answer: _Answer, config: AgentConfig) -> str:
    where = config.upload.collector
    if answer.status in (401, 403):
        return f"{where} refuses the token ({_problem(answer)}); have the site enrolled again for a new one"
    if answer.status == 404 or 300 <= answer.status < 400:
        return f"{where} has no /v1/summaries (HTTP {answer.status}); check upload.collector"
    return f"{where} can't take summaries now ({_problem(answer)})"


def _network_fault(fault: requests.RequestException, config: AgentConfig) -> str:
    where = config.upload.collector
    if isinstance(fault, requests.exceptions.SSLError):
        return f"{where}: its certificate isn't trusted; for a certificate of your own set upload.ca_file"
    if isinstance(fault, requests.Timeout):
        return f"{where} didn't answer in time"
    return f"{where} can't be reached"


def _retry_after(answer: _Answer) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
