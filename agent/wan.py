"""Which interface is the WAN: the one with the default route, IPv4 first, then IPv6.

A transparent bridge, whose own counters see only what is for the gateway itself, needs
``measure.interface`` to name the port to the modem.
"""

from __future__ import annotations

from pathlib import Path

from agent.reach.routes import PROC, default_routes


def default_interface(proc: Path = PROC) -> str | None:
    """The name of the interface of the default route with the lowest metric; None when there is none."""
    return next((route.interface for route in default_routes(proc)), None)
