"""Who sent an upload: the site of its token, remembered, and asked for anew whenever it may have changed.

What is remembered lets a request be judged without asking the database for its token. It isn't trusted: a
site's generation rises with every change of its tokens, the transaction that stores an upload compares it,
and what was judged by an older one is judged again. So a token that was revoked or renewed ends with the next
upload, and there is no time in which it still holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool

from collector.enrolled import Admitted
from collector.problems import Problem
from collector.store import Store

MOST_REMEMBERED = 200_000
"""About 60 MB; past it the longest remembered go."""

ASKED_AT_ONCE = 500


class Admissions:
    """The sites whose tokens came lately, by the hash of the token. For the event loop's thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[bytes, Admitted] = {}
        self._waiting: dict[bytes, list[asyncio.Future[Admitted | None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    def remembered(self, hashed: bytes) -> Admitted | None:
        return self._known.get(hashed)

    def forget(self, hashed: bytes) -> None:
        self._known.pop(hashed, None)

    async def ask(self, hashed: bytes) -> Admitted | None:
        """The site of a token as the database has it now, which is remembered. Raises Unavailable.

        Tokens that come while others are asked for are asked for together: when a fleet comes back at once,
        none of them is known.
        """
        found: asyncio.Future[Admitted | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(hashed, []).append(found)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all())
        return await found

    async def _ask_all(self) -> None:
        while self._waiting:
            asked = {hashed: self._waiting.pop(hashed) for hashed in list(self._waiting)[:ASKED_AT_ONCE]}
            fault: Exception | None = None
            sites: Mapping[bytes, Admitted] = {}
            try:
                sites = await run_in_threadpool(self._store.admitted, list(asked))
            except Exception as failed:  # noqa: BLE001  # each of those who wait is told
                fault = failed
            for hashed, waiting in asked.items():
                site = sites.get(hashed)
                if site is not None:
                    self._remember(hashed, site)
                for one in waiting:
                    if one.done():  # a client that has gone away
                        continue
                    if fault is not None:
                        one.set_exception(fault)
                    else:
                        one.set_result(site)

    def _remember(self, hashed: bytes, site: Admitted) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[hashed] = site


def refusal(token: str | None) -> Problem:
    """What a request is told whose token is nobody's."""
    return Problem(
        401,
        "the token isn't one of this collector's" if token else "a site's token is needed",
        headers={"WWW-Authenticate": 'Bearer realm="bandgap"' + (', error="invalid_token"' if token else "")},
    )
