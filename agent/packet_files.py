"""The files of a communication packet: its templates, shipped or a district's own, and the logo.

A file of a district's folder takes the place of the shipped one of its name. A name that no document has
is a fault, since an edit that is silently ignored would be found out in print; parts that templates include
begin with ``_``.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from reports.faults import ConfigFault, Fault
from reports.packet_templates import PacketTemplates
from reports.settings import nearest
from reports.wording import Language

GUIDE = "README.md"
MOST_BYTES = 2_000_000
"""A logo larger than this would make every page and letter heavy."""

KINDS = {
    "image/png": ((".png",), b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": ((".jpg", ".jpeg"), b"\xff\xd8\xff"),
    "image/svg+xml": ((".svg",), b"<svg"),
}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture by its media type. Word processors and slides take PNG and JPEG, pages take SVG too."""

    kind: str
    content: bytes

    @property
    def address(self) -> str:
        """The picture as an address that holds it; in an <img> no script of an SVG runs (SVG integration)."""
        return f"data:{self.kind};base64,{base64.b64encode(self.content).decode()}"

    @property
    def pixels(self) -> bytes | None:
        return None if self.kind == "image/svg+xml" else self.content


def read_templates(folder: str | None, language: Language = "en") -> PacketTemplates:
    """The templates in force. Raises ConfigFault."""
    texts = _shipped(language)
    places = {}
    if folder is not None:
        if not Path(folder).is_dir():
            raise ConfigFault(
                f"{folder}: no such folder; make it with: bandgap packet --copy-templates {folder}"
            )
        for path in sorted(Path(folder).iterdir()):
            if path.name in (GUIDE,) or path.name.startswith("."):
                continue
            if path.name not in texts and not path.name.startswith("_"):
                raise ConfigFault(f"{path}: no document has this name{nearest(path.name, sorted(texts))}")
            texts[path.name], places[path.name] = _text(path), str(path)
    texts.pop(GUIDE)
    return PacketTemplates(texts, places)


def copy_templates(folder: Path, language: Language = "en") -> list[Path]:
    """Copies the shipped templates; what is there already stays, and is a fault."""
    texts = _shipped(language)
    there = [name for name in texts if (folder / name).exists()]
    if there:
        raise Fault(f"{folder / there[0]}: is there already; name another folder, or move it away")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as fault:
        raise Fault(f"{folder}: can't be written: {fault.strerror}") from None
    return [folder / name for name in texts]


def read_logo(path: str | None) -> Logo | None:
    """Raises ConfigFault for a file that isn't the picture its name says."""
    if path is None:
        return None
    place = f"[packet] logo: {path}"
    try:
        content = Path(path).read_bytes()
    except OSError as fault:
        raise ConfigFault(f"{place}: can't be read: {fault.strerror}") from None
    kind = next(kind for kind, (endings, _) in KINDS.items() if path.lower().endswith(endings))
    start = KINDS[kind][1]
    if not (start in content[:4096] if kind == "image/svg+xml" else content.startswith(start)):
        raise ConfigFault(f"{place}: isn't {kind}, which its name says")
    if len(content) > MOST_BYTES:
        raise ConfigFault(f"{place}: {len(content):,} bytes, expected at most {MOST_BYTES:,}")
    return Logo(kind, content)


def _shipped(language: Language) -> dict[str, str]:
    """The templates of a language; its folder has a file for each of the English ones but the guide."""
    folder = files("config") / "packet"
    places = sorted(folder.iterdir(), key=lambda place: place.name)
    texts = {place.name: place.read_text(encoding="utf-8") for place in places if place.is_file()}
    if language != "en":
        texts |= {place.name: place.read_text(encoding="utf-8") for place in (folder / language).iterdir()}
    return texts


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigFault(f"{path}: is not UTF-8 text") from None
    except OSError as fault:
        raise ConfigFault(f"{path}: can't be read: {fault.strerror}") from None
