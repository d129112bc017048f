"""How near a text is to each of many names, from 0 to 100."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

__all__ = ["NameScores"]

_Scores = npt.NDArray[np.float64]

_LITERAL, _BARE, _FUZZY = 100.0, 99.0, 98.0  # letter by letter; but for articles; at most, for all else
_BEGINS, _UNFINISHED = 90.0, 84.0  # the name begins with the typed words, or with the last one unfinished
_ALL_WORDS, _SAME_WORDS = 82.0, 92.0  # the name has all typed words; and no others
_NUMBER_MISSING = 25.0  # points off when the name lacks a typed number: Rocky 2 is not Rocky
_NUMBER_EXTRA = 4.0  # points off when the name has a number that was not typed
_REORDERED = 2.0  # points off the ratio of sorted words
_LEAST_RATIO = 50.0  # an edit-distance ratio below is not computed to the end
_LEAST_WORD_RATIO = 70.0  # less alike, two words are not the same word
_BEGUN_WORD = 0.9  # likeness of a word to one that it begins


class NameScores:
    """An index over names: `literals` as `fold` spells them and `bares` as `normalise` does, in parallel."""

    def __init__(self, literals: Sequence[str], bares: Sequence[str]) -> None:
        self._bares = list(bares)
        self._sorted = [_sorted_words(name) for name in bares]
        self._literal_rows = _rows_by_text(literals)
        self._bare_rows = _rows_by_text(bares)
        rows_by_word: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(bares):
            for word in set(name.split()):
                rows_by_word[word].append(row)
        self._words = list(rows_by_word)
        self._word_index = {word: index for index, word in enumerate(self._words)}
        self._names_with = [np.array(rows, dtype=np.int32) for rows in rows_by_word.values()]
        frequencies = np.array([len(rows) for rows in self._names_with])
        self._weights = np.log1p(len(self._bares) / frequencies)  # inverse document frequency
        self._mass = np.zeros(len(self._bares))  # weight of all words of a name
        self._numbers = np.zeros(len(self._bares))  # how many of them are numbers
        for word, names, weight in zip(self._words, self._names_with, self._weights, strict=True):
            self._mass[names] += weight
            self._numbers[names] += word.isdigit()

    def score(self, literal: str, bare: str) -> _Scores:
        """Scores of all names, shape (n_names,), for one text in both spellings."""
        words = list(dict.fromkeys(bare.split()))
        by_word, coverage = self._match_words(words)
        in_order = _ratios(bare, self._bares)
        reordered = _ratios(_sorted_words(bare), self._sorted) - _REORDERED
        scores = np.maximum(np.maximum(in_order, reordered), by_word) - self._number_malus(words)
        for row in np.flatnonzero(coverage >= _BEGUN_WORD):
            name = self._bares[row]
            if name.startswith((f"{bare} ", f"{bare}s ")):  # Monty Python's
                scores[row] = max(scores[row], _BEGINS)
            elif name.startswith(bare):
                scores[row] = max(scores[row], _UNFINISHED)
        scores = np.clip(scores, 0.0, _FUZZY)
        scores[self._bare_rows.get(bare, [])] = _BARE
        scores[self._literal_rows.get(literal, [])] = _LITERAL
        return scores

    def _match_words(self, words: list[str]) -> tuple[_Scores, _Scores]:
        """Scores of the names word by word, and how much of the typed words they cover, 0 to 1."""
        covered, mass = np.zeros(len(self._bares)), np.zeros(len(self._bares))
        wanted = 0.0
        for position, word in enumerate(words):
            likeness = self._likeness(word, last=position == len(words) - 1)
            alike = np.flatnonzero(likeness)
            alike = alike[np.argsort(likeness[alike], kind="stable")]  # the most alike is written last
            weight = self._weights[alike[-1]] if alike.size else np.log1p(len(self._bares))
            wanted += weight
            best_likeness, best_weight = np.zeros_like(covered), np.zeros_like(mass)
            for index in alike:
                best_likeness[self._names_with[index]] = likeness[index]
                best_weight[self._names_with[index]] = self._weights[index]
            covered += weight * best_likeness
            mass += best_weight
        coverage = covered / max(wanted, 1e-9)
        share = np.minimum(mass / np.maximum(self._mass, 1e-9), 1.0)
        return coverage * (_ALL_WORDS + (_SAME_WORDS - _ALL_WORDS) * share), np.round(coverage, 9)

    def _likeness(self, word: str, *, last: bool) -> _Scores:
        """How like a typed word each word of the names is, 0 to 1; 0 is another word."""
        likeness: _Scores = np.zeros(len(self._words))
        if word.isdigit():
            if word in self._word_index:
                likeness[self._word_index[word]] = 1.0
            return likeness
        likeness = _ratios(word, self._words, least=_LEAST_WORD_RATIO) / 100.0
        if last and len(word) > 2:  # it may be unfinished
            begun = np.fromiter((other.startswith(word) for other in self._words), bool, len(self._words))
            likeness[begun] = np.maximum(likeness[begun], _BEGUN_WORD)
        return likeness

    def _number_malus(self, words: list[str]) -> _Scores:
        numbers = [word for word in words if word.isdigit()]
        shared: _Scores = np.zeros(len(self._bares))
        for number in numbers:
            if number in self._word_index:
                shared[self._names_with[self._word_index[number]]] += 1
        return _NUMBER_MISSING * (len(numbers) - shared) + _NUMBER_EXTRA * (self._numbers - shared)


def _ratios(text: str, names: list[str], least: float = _LEAST_RATIO) -> _Scores:
    """Edit-distance ratios (insertions and deletions), 0 to 100, and 0 below `least`."""
    ratios: _Scores = process.cdist([text], names, scorer=fuzz.ratio, score_cutoff=least, dtype=np.float64)[0]
    return ratios


def _sorted_words(text: str) -> str:
    return " ".join(sorted(text.split()))


def _rows_by_text(texts: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        rows[text].append(row)
    return dict(rows)
