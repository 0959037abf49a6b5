"""What the kernel knows of the WAN interface, and which of it makes a test's figure doubtful.

Files in ``/sys/class/net/IF`` (Linux, Documentation/ABI/testing/sysfs-class-net), looked at before and
after a test. What a driver doesn't tell is None and makes no doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

NET_ROOT = Path("/sys/class/net")

TUNNEL_TYPES = frozenset({"65534", "768", "769", "776", "778", "823"})
"""ARPHRD_NONE (tun, WireGuard), TUNNEL, TUNNEL6, SIT, IPGRE, IP6GRE of linux/if_arp.h; PPP (512) is how a
line itself is spoken."""

OVER_THE_AIR = frozenset({"fixed-wireless", "mobile", "satellite"})
"""Connections whose last hop may well be this machine's own radio."""


@dataclass(frozen=True, slots=True)
class WanFacts:
    """One look at an interface. ``index`` is the kernel's number, never given to another of its name."""

    index: int | None = None
    carrier_changes: int | None = None
    half_duplex: bool = False
    wireless: bool = False
    tunnel: bool = False


def look(interface: str | None, root: Path = NET_ROOT) -> WanFacts:
    """The facts now; without an interface, or where there is no sysfs, none."""
    if interface is None or not (folder := root / interface).is_dir():
        return WanFacts()
    return WanFacts(
        index=_number(folder / "ifindex"),
        carrier_changes=_number(folder / "carrier_changes"),
        half_duplex=_text(folder / "duplex") == "half",
        wireless=(folder / "wireless").is_dir() or (folder / "phy80211").exists(),
        tunnel=(folder / "tun_flags").exists() or _text(folder / "type") in TUNNEL_TYPES,
    )


def doubts(before: WanFacts, after: WanFacts, connection: str | None) -> list[str]:
    """Flags (``reports.sentences.FLAGS``) for a test between two looks over a ``connection`` of this type."""
    flags = []
    if before.index != after.index:
        flags.append("interface_changed")
    elif before.carrier_changes != after.carrier_changes:
        flags.append("link_flapped")
    if before.half_duplex or after.half_duplex:
        flags.append("half_duplex")
    if after.wireless and connection not in OVER_THE_AIR:
        flags.append("wifi")
    if after.tunnel:
        flags.append("tunnel")
    return flags


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except (OSError, ValueError):  # EINVAL: the driver can't tell while the link is down
        return None


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text is not None and text.isdigit() else None
