"""Runs the collector in the foreground until it is told to end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys

import uvicorn
from starlette.types import ASGIApp

from collector.patience import PatientProtocol
from reports.faults import Fault

GRACE_S = 1
"""How long running requests get once the collector is told to end."""


SWITCH_S = 0.001


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


def server(app: ASGIApp) -> uvicorn.Server:
    """The web server as we run it; it logs what goes wrong, not who asked."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            http=PatientProtocol,
            loop="uvloop",
            lifespan="on",
            timeout_graceful_shutdown=GRACE_S,
        )
    )


def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Answers on the socket until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    # The writer's thread needs the interpreter a few times in each commit, and every time would wait for as
    # long as this while requests are judged. Python's 5 ms would be most of a receipt's time.
    sys.setswitchinterval(SWITCH_S)
    running = server(app)

    def end(*_: object) -> None:
        running.should_exit = True

    # Ours hold until uvicorn has put up its own, and again when it has ended and raises the signal once
    # more for whoever handled it before: being told to end is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    running.run(sockets=[listening])
