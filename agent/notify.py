"""Tells systemd how the agent fares: ready, reloading, stopping, alive, and a line of status.

The protocol of sd_notify(3) by hand: one datagram of ``NAME=value`` lines to the socket that
``NOTIFY_SOCKET`` names; one that begins with ``@`` is an abstract one. Without such a socket, or with nobody
at its other end, nothing happens. ``WATCHDOG_USEC`` asks for a sign of life (sd_watchdog_enabled(3)), given
twice as often; ``WATCHDOG_PID`` says whose.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """The service manager, as far as there is one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        microseconds = environ.get("WATCHDOG_USEC", "")
        meant = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        self.every_s = int(microseconds) / 2e6 if self._address and meant and microseconds.isdigit() else None
        self._due_s = 0.0
        self._status = ""

    def tell(self, *lines: str) -> None:
        """Sends lines such as ``READY=1``, all in one datagram."""
        if not self._address.startswith(("/", "@")):
            return
        address = self._address.replace("@", "\0", 1) if self._address[0] == "@" else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
            way.setblocking(False)  # a manager that doesn't read must not hold the loop
            way.sendto("\n".join(lines).encode(), address)

    def status(self, words: str) -> None:
        """What `systemctl status` shows; said again only when it changes."""
        if words != self._status:
            self._status = words
            self.tell(f"STATUS={words}")

    def alive(self, now_s: float) -> None:
        """A sign of life, if it is time for one."""
        if self.every_s is not None and now_s >= self._due_s:
            self._due_s = now_s + self.every_s
            self.tell("WATCHDOG=1")

    def due_s(self, otherwise: float) -> float:
        """When the next sign of life is due; ``otherwise`` at the latest."""
        return otherwise if self.every_s is None else min(self._due_s, otherwise)
