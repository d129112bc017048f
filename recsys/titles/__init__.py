"""Films found by what people type; imports `recsys.data`."""

from __future__ import annotations

from recsys.titles.index import FOUND, TitleIndex, TitleMatch, TitleSearch
from recsys.titles.text import normalise

__all__ = ["FOUND", "TitleIndex", "TitleMatch", "TitleSearch", "normalise"]
