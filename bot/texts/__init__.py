"""Texts by key, from gettext catalogues (`LANGUAGE/LC_MESSAGES/matinee.po`), in the person's language.

A text in a catalogue is Telegram HTML. Values put into it are escaped, so that a title such as
"Fast & Furious <3" can never break a message; toasts and labels are plain and take values as they are.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

__all__ = ["DOMAIN", "FALLBACK", "Html", "Translator", "languages", "translator"]

DOMAIN = "matinee"
FALLBACK = "en"
_FOLDER = Path(__file__).parent


class Html(str):
    """Text that is Telegram HTML already and is put in as it is."""

    __slots__ = ()


class Translator:
    """One language. Raises KeyError for a key that its catalogue lacks."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def html(self, key: str, /, **values: object) -> Html:
        """The text as HTML, its values escaped; `count` picks the plural form where there is one."""
        escaped = {
            name: value if isinstance(value, Html | int | float) else escape(str(value))
            for name, value in values.items()
        }
        return Html(self._text(key, values).format(**escaped))

    def plain(self, key: str, /, **values: object) -> str:
        """The text as it is, for toasts and labels."""
        return self._text(key, values).format(**values)

    def _text(self, key: str, values: Mapping[str, object]) -> str:
        count = values.get("count")
        text = self._catalogue.gettext(key)
        if isinstance(count, int):
            plural = self._catalogue.ngettext(key, key, count)
            text = plural if plural != key else text
        if text == key:
            raise KeyError(f"no text {key!r} in {self.language!r}")
        return text


@cache
def languages() -> tuple[str, ...]:
    """Every language there is a catalogue for."""
    return tuple(sorted(path.parent.parent.name for path in _FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


@cache
def _load(language: str) -> Translator:
    with (_FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translator(language, gettext.GNUTranslations(compiled))


def translator(language_code: str | None) -> Translator:
    """The translator for Telegram's `language_code` ("pt-BR"): its language, else English."""
    language = (language_code or FALLBACK).split("-")[0].lower()
    return _load(language if language in languages() else FALLBACK)
