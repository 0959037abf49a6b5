"""The documents of a packet, by file name: which template makes each, in which form, and how long it may be.

All are made before any is written, so that a mistake in one template leaves last week's packet whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reports.faults import ConfigFault, Fault
from reports.outline import Block, plain
from reports.packet import PacketFacts
from reports.packet_charts import BarChart
from reports.packet_templates import PacketTemplates
from reports.posts import post_length
from reports.wording import say

POSTS = {"social-280.txt": 280, "social-500.txt": 500, "social-1000.txt": 1000}
LETTERS = ("press-release", "email")
DOCUMENTS = (
    "newsletter.html",
    "newsletter.txt",
    "presentation.pptx",
    *POSTS,
    *(f"{name}.{ending}" for name in LETTERS for ending in ("docx", "txt")),
)


@dataclass(frozen=True, slots=True)
class Packet:
    """What all documents are made of. ``logo`` is an address for pages, ``logo_pixels`` a PNG or JPEG."""

    facts: PacketFacts
    charts: Mapping[str, BarChart | None]
    templates: PacketTemplates
    made_at: datetime
    logo: str | None = None
    logo_pixels: bytes | None = None

    @property
    def author(self) -> str:
        return self.facts.district or self.facts.school

    @property
    def logo_words(self) -> str:
        return say("Logo of {author}", author=self.author)


def documents(packet: Packet) -> Iterator[tuple[str, bytes | Fault]]:
    """Every document's name and bytes, or the Fault that says which library it lacks. Raises ConfigFault."""
    facts, templates = packet.facts, packet.templates
    yield "newsletter.html", templates.html("newsletter.html", facts, packet.logo).encode()
    yield "newsletter.txt", plain(templates.outlined("newsletter.txt", facts)).encode()
    yield "presentation.pptx", _presentation(packet, templates.outlined("presentation.txt", facts))
    for name, most in POSTS.items():
        yield name, _post(packet, name, most)
    for name in LETTERS:
        blocks = templates.outlined(f"{name}.txt", facts)
        yield f"{name}.docx", _letter(packet, name, blocks)
        yield f"{name}.txt", plain(blocks).encode()


def _post(packet: Packet, name: str, most: int) -> bytes:
    text = plain(packet.templates.outlined(name, packet.facts))
    length = post_length(text.strip())
    if length > most:
        raise ConfigFault(
            f"{packet.templates.place(name)}: {length:,} characters, expected at most {most:,}; shorten it"
        )
    return text.encode()


def _presentation(packet: Packet, blocks: tuple[Block, ...]) -> bytes | Fault:
    try:
        from reports.packet_slides import presentation
    except ImportError:
        return _lacking("presentation.pptx", "python-pptx")
    return presentation(
        blocks, packet.charts, packet.author, packet.made_at, packet.logo_pixels, packet.logo_words
    )


def _letter(packet: Packet, name: str, blocks: tuple[Block, ...]) -> bytes | Fault:
    try:
        from reports.packet_letter import letter
    except ImportError:
        return _lacking(f"{name}.docx", "python-docx")
    return letter(blocks, packet.author, packet.made_at, packet.logo_pixels, packet.logo_words)


def _lacking(name: str, library: str) -> Fault:
    return Fault(
        f"{name}: not made: {library} isn't installed; install it with: pip install 'bandgap[packet]'"
    )
