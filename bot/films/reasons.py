"""Why a film is shown to somebody: what a card and a list say in a line."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.serving.similarity import Because
from storage.films.films import Film


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a film is recommended: a film of the person's with their stars, else a genre they like, else
    what others like; `anonymous`: nothing was known of the person. `fresh`: it came lately, and few have
    rated it."""

    film: Film | None
    stars: float | None
    genre: str | None
    anonymous: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Kinship:
    """What makes a film like another, most of all: the same people love both ("lovers"), the genres they
    share ("genres"), or their time ("years")."""

    because: Because
    genres: tuple[str, ...] = ()
