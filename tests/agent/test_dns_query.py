"""A query to a name server is bounded, and only an answer to it is taken for one."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reach.dns_query import AAAA, A, Answer, ask, question, read_answer, servers
from tests.agent.far_end import answer

ASKED = question("www.example.net", A, 4711)


@contextmanager
def name_server(*answers: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """A name server on loopback that gives one answer after the other; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve() -> None:
            for give in answers:
                try:
                    asked, asker = listening.recvfrom(512)
                except OSError:
                    return
                if said := give(asked):
                    listening.sendto(said, asker)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]


def test_an_answer_has_its_addresses() -> None:
    """Of the kind that was asked for."""
    assert read_answer(answer(ASKED), ASKED, "a") == Answer("a", 0, ("203.0.113.1",))
    six = question("www.example.net", AAAA, 1)
    assert read_answer(answer(six, address="2001:db8::7"), six) == Answer("", 0, ("2001:db8::7",))


def test_a_name_that_is_an_alias_has_its_addresses_all_the_same() -> None:
    """The alias comes first, with a compressed name (RFC 1035, 4.1.4)."""
    alias = struct.pack("!HHHIH", 0xC00C, 5, 1, 60, 6) + b"\x03cdn\xc0\x10"
    whole = answer(ASKED)
    two = whole[:6] + struct.pack("!H", 2) + whole[8 : len(ASKED)] + alias + whole[len(ASKED) :]
    found = read_answer(two, ASKED)
    assert found is not None
    assert found.addresses == ("203.0.113.1",)


def test_what_answers_something_else_is_no_answer() -> None:
    """Another number, another question, a query: none is taken (RFC 5452)."""
    other = question("www.example.org", A, 4711)
    assert read_answer(answer(question("www.example.net", A, 4712)), ASKED) is None
    assert read_answer(answer(other), ASKED) is None
    assert read_answer(ASKED, ASKED) is None


@given(st.binary(max_size=120), st.integers(0, 60))
def test_no_packet_breaks_it(noise: bytes, cut: int) -> None:
    """Whatever comes from the net: cut short, or nonsense after a good beginning."""
    good = answer(ASKED)
    read_answer(noise, ASKED)
    read_answer(good[:cut], ASKED)
    read_answer(good[:6] + b"\xff\xff" + good[8 : len(ASKED)] + noise, ASKED)


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64 + ".org", ("x" * 60 + ".") * 5, "schüle.example"])
def test_what_can_not_be_a_name_is_not_asked(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        question(name, A, 1)


def test_the_first_server_that_finds_out_is_believed() -> None:
    """One that says SERVFAIL is only believed when no other knows better."""
    with name_server(lambda asked: answer(asked, rcode=2)) as port:
        assert ask("www.example.net", A, ["127.0.0.1"], 2.0, port) == Answer("127.0.0.1", 2)
    with name_server(lambda asked: None, answer) as port:
        found = ask("www.example.net", A, ["127.0.0.1"], 3.0, port)
        assert found == Answer("127.0.0.1", 0, ("203.0.113.1",)), "a datagram was lost; it is asked again"


def test_a_server_that_refuses_ends_it_at_once() -> None:
    """Nobody listens there: the kernel says so, and nothing is waited for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    began = time.monotonic()
    assert ask("www.example.net", A, ["127.0.0.1"], 20.0, port) is None
    assert time.monotonic() - began < 10


def test_silence_is_waited_for_as_long_as_was_said() -> None:
    with name_server(lambda asked: None) as port:
        began = time.monotonic()
        assert ask("www.example.net", A, ["127.0.0.1"], 0.3, port) is None
        assert 0.29 < time.monotonic() - began < 5


def test_the_machines_name_servers_are_read_as_the_c_library_reads_them(tmp_path: Path) -> None:
    """Three at most, in order; the machine itself when none is named (resolv.conf(5))."""
    settings = tmp_path / "resolv.conf"
    settings.write_text(
        "# made by dhclient\nsearch school.example\nnameserver 10.0.0.1\n"
        "nameserver fe80::1%eth0\noptions edns0\nnameserver 9.9.9.9\nnameserver 1.1.1.1\n"
    )
    assert servers(settings) == ["10.0.0.1", "fe80::1%eth0", "9.9.9.9"]
    assert servers(tmp_path / "none") == ["127.0.0.1"]
