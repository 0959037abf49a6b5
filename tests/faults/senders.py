"""Gateways at full speed against one collector, which remember what was acknowledged.

Each is a thread with one site's token and its own chain. It sends the same batch until a receipt names all of
it, whatever befalls the collector meanwhile, and then the next.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from reports.chain import Link, digest, linked
from reports.sites import Contract, Site
from reports.wire import summary_json, upload_json
from tests.collector import made

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Sender:
    """One site's gateway. ``acknowledged`` are labels of hours."""

    site: str
    token: str
    port: int
    acknowledged: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        self._thread.join(60)

    def _run(self) -> None:
        chance, number, before = random.Random(self.site), 0, None
        while not self._ending.is_set():
            bodies, labels = [], []
            for _ in range(chance.choice((1, 1, 1, 2, 5, 40))):
                number += 1
                start = BEGIN + timedelta(hours=number)
                hour = made.hour(start, through_at=start + timedelta(hours=1))
                bodies.append(linked(summary_json(hour), Link(number, before)))
                before = digest(bodies[-1])
                labels.append(hour.label)
            body = upload_json("0.2.0", Site(id=self.site, name=self.site), Contract(), bodies)
            if self._delivered(body, len(labels), number):
                self.acknowledged += labels

    def _delivered(self, body: bytes, count: int, through: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._ending.is_set():
            try:
                headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
                connection.request("POST", "/v1/summaries", body, headers)
                answer = connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self._ending.wait(0.02)
                continue
            if answer.status == 200:
                receipt = json.loads(said)
                if len(receipt["accepted"]) + len(receipt["known"]) != count or receipt["refused"]:
                    self.strange.append(f"{self.site}: {said!r}")
                if receipt["have"]["through"] != through or receipt["have"]["missing"]:
                    self.strange.append(f"{self.site}: {receipt['have']}, sent through {through}")
                connection.close()
                return True
            if answer.status not in (429, 503):
                self.strange.append(f"{self.site}: {answer.status} {said!r}")
            self._ending.wait(0.02)
        connection.close()
        return False
