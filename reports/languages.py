"""The languages that ship: catalogues of messages in ``reports/locale/``, in gettext's own form.

The standard library reads them. A message without a translation is said in English.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import get_args

from reports.wording import Language, speaking

LANGUAGES: tuple[Language, ...] = get_args(Language)
FOLDER = Path(__file__).parent / "locale"


@contextmanager
def spoken(language: Language) -> Iterator[None]:
    """Reports that are made here, from their samples to their format, are in this language."""
    with speaking(language, None if language == "en" else _catalogue(language)):
        yield


@cache
def _catalogue(language: Language) -> GNUTranslations:
    with (FOLDER / language / "LC_MESSAGES" / "bandgap.mo").open("rb") as file:
        return GNUTranslations(file)
