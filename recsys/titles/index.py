"""Find films by what people type: typos, words in another order, articles, accents and years left out or in.

Each name of each film gets a score from 0 to 100: the best of an edit-distance ratio of the whole text, the
same with words sorted, and a match word by word, weighted by how rare the words are. Whether the best film
answers at once is a posterior: popularity is the prior, the score the likelihood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from recsys.arrays import Doubles, Ints
from recsys.data.catalog import Catalog
from recsys.errors import InvalidData
from recsys.titles.scores import NameScores
from recsys.titles.text import fold, fold_begun, normalise, number_words_as_digits

FOUND = 76.0  # the least score of a match; films that are not there reach it rarely: benchmarks/titles.py
_CLEAR = 0.75  # the posterior of the first match that lets it answer at once
_POINTS = 4.0  # of score that are worth a factor e of popularity
_OUTSIDER = 80.0  # score of a film of mean popularity that the catalog lacks and that may be meant too
_MAX_TEXT = 200  # characters that are read; no title is longer
_YEAR = re.compile(r"\(?\b((?:18|19|20)\d\d)\b\)?")
_OTHER_YEAR = 20.0  # points off for a film of another year than the one typed
_NEXT_YEAR = 6.0  # premiere and release are often a year apart
_ALTERNATIVE = 1.0  # points off for a name that is not the title


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """A film that may be meant. `score` is from 0 to 100; 100 is the title, letter by letter."""

    movie_id: int
    title: str
    year: int | None
    score: float


@dataclass(frozen=True, slots=True)
class TitleSearch:
    """What a text may mean, best first.

    `verdict`: "clear", the first match answers at once; "several", ask which; "none", nothing is called that,
    and the matches are only the nearest.
    """

    matches: tuple[TitleMatch, ...]
    verdict: Literal["clear", "several", "none"]


class TitleIndex:
    """Names of all films of a catalog. `popularity`, for example numbers of ratings, is in catalog order.

    Raises InvalidData where that is not one number for each film.
    """

    def __init__(self, catalog: Catalog, popularity: npt.ArrayLike | None = None) -> None:
        self._catalog = catalog
        self._popularity = (
            np.zeros(len(catalog)) if popularity is None else np.asarray(popularity, dtype=np.float64)
        )
        if self._popularity.shape != (len(catalog),):
            raise InvalidData(
                f"popularity has shape {self._popularity.shape}, there are {len(catalog)} films"
            )
        self._mean_popularity = self._popularity.mean() if len(catalog) else 0.0
        self._years = np.zeros(len(catalog), np.int32)
        literals: list[str] = []
        bares: list[str] = []
        film_rows: list[int] = []
        alternative: list[bool] = []
        for row, film in enumerate(catalog):
            self._years[row] = film.year or 0
            for position, name in enumerate((film.title, *film.alternatives)):
                for literal, bare in _spellings(name):
                    literals.append(literal)
                    bares.append(literal if literal == bare else bare)  # one object for both
                    film_rows.append(row)
                    alternative.append(position > 0)
        self._film_rows, self._alternative = np.array(film_rows, np.int32), np.array(alternative, np.bool_)
        self._scores = NameScores(literals, bares)

    def search(self, text: str, limit: int = 5) -> list[TitleMatch]:
        """The nearest films, best first; the more popular first where scores are equal."""
        return list(self.find(text, limit).matches)

    def find(self, text: str, limit: int = 5) -> TitleSearch:
        """The nearest films, and whether the first one answers at once."""
        scores = self._score(text[:_MAX_TEXT])
        near = np.flatnonzero(scores)
        order = near[np.lexsort((-self._popularity[near], -scores[near]))]
        ids = self._catalog.movie_ids[order[:limit]].tolist()
        matches = tuple(
            TitleMatch(film.movie_id, film.title, film.year, float(score))
            for film, score in zip(map(self._catalog.__getitem__, ids), scores[order[:limit]], strict=True)
        )
        return TitleSearch(matches, self._verdict(scores, order))

    def _score(self, text: str) -> Doubles:
        """Scores of all films, shape (n_films,): the best over readings of the text and names of the film."""
        best = self._score_reading(text, unfinished=True)
        for year in {match[1] for match in _YEAR.finditer(text)}:
            rest = re.sub(rf"\(?\b{year}\b\)?", " ", text)
            apart = np.abs(self._years - int(year))
            off = np.where(apart == 0, 0.0, np.where(apart == 1, _NEXT_YEAR, _OTHER_YEAR))
            best = np.maximum(best, self._score_reading(rest, unfinished=False) - off)
        return np.clip(np.round(best), 0.0, 100.0)  # whole points, so that popularity orders the nearly equal

    def _score_reading(self, text: str, *, unfinished: bool) -> Doubles:
        best: Doubles = np.zeros(len(self._catalog))
        for literal, bare in _spellings(text):
            self._raise(best, *self._scores.score(literal, bare))
        self._raise(best, *self._scores.score_beginning(fold_begun(text), unfinished=unfinished))
        return best

    def _raise(self, best: Doubles, rows: Ints, scores: Doubles) -> None:
        """Give films the scores of their names at `rows` where those are better."""
        np.maximum.at(best, self._film_rows[rows], scores - _ALTERNATIVE * self._alternative[rows])

    def _verdict(self, scores: Doubles, order: Ints) -> Literal["clear", "several", "none"]:
        if not order.size or scores[order[0]] < FOUND:
            return "none"
        weights = (1.0 + self._popularity[order]) * np.exp((scores[order] - _OUTSIDER) / _POINTS)
        posterior = weights[0] / (weights.sum() + 1.0 + self._mean_popularity)
        return "clear" if posterior >= _CLEAR else "several"


def _spellings(text: str) -> set[tuple[str, str]]:
    """With and without articles; both again with number words as digits. None for a text without letters."""
    literal, bare = fold(text), normalise(text)
    return (
        {(literal, bare), (number_words_as_digits(literal), number_words_as_digits(bare))} if bare else set()
    )
