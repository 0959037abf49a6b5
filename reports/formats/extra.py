"""Libraries that only some formats need: an extra of bandgap each, loaded when its format is asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from reports.faults import Fault

DEBIAN = {"weasyprint": "weasyprint", "xlsxwriter": "python3-xlsxwriter"}


def library(name: str, extra: str) -> ModuleType:
    """The library of an extra. Raises Fault where it isn't installed, or what it rests on isn't."""
    try:
        return import_module(name)
    except ModuleNotFoundError as fault:
        raise Fault(
            f"{extra}: needs {fault.name}, which isn't installed: pip install 'bandgap[{extra}]', "
            f"or on Debian: apt install {DEBIAN[name]}"
        ) from None
    except OSError as fault:  # WeasyPrint is there, and the shared libraries of Pango aren't
        words = str(fault).partition("\n")[0].partition(":")[0]
        raise Fault(f"{extra}: {words}; on Debian: apt install libpango-1.0-0 libpangoft2-1.0-0") from None
