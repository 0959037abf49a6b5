"""What several processes count is one count."""

from __future__ import annotations

import os

from collector.tally import Tally


def in_another_process(tally: Tally, number: int, times: int) -> None:
    process = os.fork()
    if process == 0:
        try:
            for _ in range(times):
                tally.of(number).answered("upload", 200)
            tally.of(number).wrote(times)
        finally:
            os._exit(0)
    os.waitpid(process, 0)


def test_all_rows_are_added_up() -> None:
    """What a process counted stays when it ends, and the next with its number goes on from there."""
    tally = Tally(2)
    in_another_process(tally, 0, 3)
    in_another_process(tally, 1, 4)
    in_another_process(tally, 1, 5)
    tally.wrote(100)
    assert tally.written() == tally.of(1).written() == 112
    assert list(tally.of(1).answers()) == [("upload", 200, 12)]


def test_each_kind_and_status_is_told_apart() -> None:
    tally = Tally()
    for kind in ("page", "read", "upload"):
        for status in (100, 200, 599):
            tally.answered(kind, status)
    tally.answered("read", 404)
    assert list(tally.answers()) == [
        ("page", 100, 1), ("page", 200, 1), ("page", 599, 1),
        ("read", 100, 1), ("read", 200, 1), ("read", 404, 1), ("read", 599, 1),
        ("upload", 100, 1), ("upload", 200, 1), ("upload", 599, 1),
    ]  # fmt: skip
    assert tally.written() == 0
