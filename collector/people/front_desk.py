"""Judges a name and a password: slowly, off the event loop, a few at once, and not for ever from one asker.

What is asked too often is answered with the seconds to wait. Who fails is told the same, after the same work,
whether the name exists or not.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Engine, update
from starlette.exceptions import HTTPException

from collector.engine import reading, writing
from collector.people import passwords, register
from collector.people.settings import PeopleSettings
from collector.people.single_sign_on import Provider
from collector.people.tables import people
from collector.people.throttle import Throttle, neighbourhood
from reports.wording import say

AT_ONCE = 2
"""Hashes that are computed beside each other, 19 MiB each; as many again may wait as an office signs in at
once."""
MOST_WAITING = 32

PROVIDERS_AT_ONCE = 8
"""Threads that may wait for providers beside each other; the rest of the collector keeps its own."""

Found = TypeVar("Found")


class TooOften(HTTPException):
    """Too many have failed from here; ``Retry-After`` says when one may try again."""

    def __init__(self, wait_s: float) -> None:
        seconds = max(1, round(wait_s + 0.5))
        super().__init__(
            429,
            say("Too many tries from here failed; try again in {seconds} s.", seconds=seconds),
            {"Retry-After": str(seconds)},
        )


class FrontDesk:
    """One for a collector: its throttles, the threads that hash, the providers by id."""

    def __init__(self, settings: PeopleSettings) -> None:
        self.providers = {one.id: Provider(one) for one in settings.providers}
        self.by_name_and_address = Throttle(5, 300.0)
        self.by_address = Throttle(30, 900.0)
        self.codes = Throttle(20, 600.0)
        self._asking = threading.BoundedSemaphore(PROVIDERS_AT_ONCE)
        self._hashing = ThreadPoolExecutor(AT_ONCE, "password")
        self._waiting = 0

    def close(self) -> None:
        self._hashing.shutdown(cancel_futures=True)

    @contextmanager
    def asking_a_provider(self) -> Iterator[None]:
        """While a provider is asked, which may hang. Raises HTTPException when too many are asked already."""
        if not self._asking.acquire(blocking=False):
            raise HTTPException(
                503, say("Too many are signing in at this moment; try again."), {"Retry-After": "5"}
            )
        try:
            yield
        finally:
            self._asking.release()

    async def hashing(self, work: Callable[[], Found]) -> Found:
        """Does what hashes, in a thread of its own kind. Raises HTTPException when too many wait already."""
        if self._waiting >= MOST_WAITING:
            raise HTTPException(
                503, say("Too many are signing in at this moment; try again."), {"Retry-After": "5"}
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hashing, work)
        finally:
            self._waiting -= 1

    async def person_with(self, engine: Engine, name: str, password: str, address: str) -> int | None:
        """The key of the person with this name and password. Raises HTTPException when it is asked too
        often."""
        now_s = time.monotonic()
        near = neighbourhood(address)
        pair = (near, register.folded(name)[: register.LONGEST_NAME])
        if wait_s := self.by_address.charge(near, now_s):
            raise TooOften(wait_s)
        if wait_s := self.by_name_and_address.charge(pair, now_s):
            self.by_address.give_back(near, now_s)
            raise TooOften(wait_s)
        found = await self.hashing(lambda: _judged(engine, name, password))
        if found is not None:
            self.by_address.give_back(near, now_s)
            self.by_name_and_address.give_back(pair, now_s)
        return found


def _judged(engine: Engine, name: str, password: str) -> int | None:
    with reading(engine) as connection:
        row = register.with_password(connection, name)
    key, kept = row if row else (None, None)
    if len(password) > passwords.MOST or not passwords.matches(password, kept):
        return None
    if kept is not None and passwords.outdated(kept):
        with writing(engine) as connection:
            connection.execute(
                update(people)
                .where(people.c.key == key, people.c.password == kept)
                .values(password=passwords.hashed(password))
            )
    return key
