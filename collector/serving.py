"""Runs the collector in the foreground until it is told to end, and drops nobody on the way.

systemd may hold the listening socket (sd_listen_fds(3)): who connects while one collector has ended and the
next hasn't begun waits in the socket's queue. An ending collector takes nobody new, answers for a moment
longer what has been connected already, and asks each to connect anew.
"""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence

import uvicorn
from starlette.types import Message, Receive, Scope, Send

from collector.app import Guarded
from collector.ingest import Ingest
from collector.processes import orphaned
from collector.short_read import ShortRead
from reports.faults import Fault

GRACE_S = 1
"""How long running requests get once the collector is told to end."""

LEAVE_TO_SPEAK_S = 0.2
"""How long those who are connected may still ask something once the collector is told to end."""
FIRST_DESCRIPTOR = 3
"""Of those that systemd hands over (SD_LISTEN_FDS_START)."""


def inherited(environ: Mapping[str, str]) -> socket.socket | None:
    """The listening socket that systemd holds for this process; None when it doesn't."""
    if environ.get("LISTEN_PID") != str(os.getpid()) or environ.get("LISTEN_FDS", "0") in ("", "0"):
        return None
    if environ["LISTEN_FDS"] != "1":
        raise Fault(f"systemd hands over {environ['LISTEN_FDS']} sockets, expected one ListenStream=")
    os.set_inheritable(FIRST_DESCRIPTOR, False)
    return socket.socket(fileno=FIRST_DESCRIPTOR)


SWITCH_S = 0.001
NEW_OBJECTS = 10_000
"""After so many new ones Python looks for those that only hold each other; its own 700 are ten uploads."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises Fault when the address can't be had.

    Bound by ourselves and not by the server, so that a taken port is one line and not a log.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, UnicodeError) as fault:
        errno = fault.errno if isinstance(fault, OSError) and not isinstance(fault, socket.gaierror) else None
        why = os.strerror(errno) if errno else getattr(fault, "strerror", None) or str(fault)
        raise Fault(
            f"{host} port {port}: {why}; choose another in listen.host and listen.port, or with "
            "--host and --port"
        ) from None


def address(listening: socket.socket) -> str:
    """The socket's address for a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn's server, which closes what is connected and has asked nothing yet; ours hears it first.

    It ends too when whoever minds it is gone.
    """

    async def on_tick(self, counter: int) -> bool:
        self.should_exit = self.should_exit or orphaned()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for each in self.servers:
            each.close()
        await asyncio.sleep(0 if self.force_exit else LEAVE_TO_SPEAK_S)
        await super().shutdown(sockets)


class Leaving:
    """Tells with each answer of an ending collector that the next is another connection's.

    ``uploads`` and ``series`` may go their short ways (``collector/short_way.py``,
    ``collector/short_read.py``).
    """

    def __init__(self, app: Guarded, uploads: Ingest) -> None:
        self._app = app
        self.uploads = uploads
        self.series = app.series
        self.server: uvicorn.Server | None = None

    @property
    def ends(self) -> bool:
        """Whether the collector was told to end."""
        return self.server is not None and self.server.should_exit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if self.ends and message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        await self._app(scope, receive, sending)


def server(app: Guarded, proxies: Sequence[str] = ()) -> uvicorn.Server:
    """The web server as we run it; it logs what goes wrong, not who asked.

    Of the X-Forwarded headers only what ``proxies`` say is believed; uvicorn by itself would believe all that
    comes from this machine.
    """
    leaving = Leaving(app, app.uploads)
    leaving.server = Server(
        uvicorn.Config(
            leaving,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            http=ShortRead,
            loop="uvloop",
            lifespan="on",
            timeout_graceful_shutdown=GRACE_S,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
        )
    )
    return leaving.server


def only_here(listening: socket.socket) -> bool:
    """Whether only this machine reaches the socket."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def run(app: Guarded, listening: socket.socket, proxies: Sequence[str] = ()) -> None:
    """Answers on the socket until SIGTERM or SIGINT."""
    # The writer's thread needs the interpreter a few times in each commit, and every time would wait for as
    # long as this while requests are judged. Python's 5 ms would be most of a receipt's time.
    sys.setswitchinterval(SWITCH_S)
    # What is loaded by now stays, and an upload leaves nothing in a circle: looked for seldom.
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
    running = server(app, proxies)

    def end(*_: object) -> None:
        running.should_exit = True

    # Ours hold until uvicorn has put up its own, and again when it has ended and raises the signal once
    # more for whoever handled it before: being told to end is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    running.run(sockets=[listening])
