"""How near a text is to each of many names, from 0 to 100."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from rapidfuzz import fuzz, process

from recsys.arrays import Doubles, Ints
from recsys.titles.grams import SHORT, GramIndex

_CANDIDATES = 200  # names that are looked at closely: those that share most runs of letters with the text
_CANDIDATES_OF_SHORT = 400  # after a typo, a short text shares few runs with its name, and with many others

_LITERAL, _BARE, _FUZZY = 100.0, 99.0, 98.0  # letter by letter; but for articles; at most, for all else
_BEGINS, _UNFINISHED = 90.0, 89.0  # the name begins with the typed words, or with the last one unfinished
_BARELY_BEGUN = 84.0  # the same after few letters, which a typo may have made
_FEW, _LEAST_BEGINNING = 4, 3  # letters; with less than the least any name may go on
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
        self._literal_order, self._bare_order = _Sorted(literals), _Sorted(bares)
        self._literal_rows = _rows_by_text(literals)
        self._bare_rows = _rows_by_text(bares)
        self._grams = GramIndex(bares)
        frequencies = Counter(word for name in bares for word in set(name.split()))
        self._unknown = float(np.log1p(len(bares)))
        self._weights = {  # inverse document frequency
            word: float(np.log1p(len(bares) / frequency)) for word, frequency in frequencies.items()
        }

    def score(self, literal: str, bare: str) -> tuple[Ints, Doubles]:
        """The names that come near a text, given in both spellings: their rows, and a score for each."""
        rows = self._grams.nearest(bare, _CANDIDATES_OF_SHORT if len(bare) <= SHORT else _CANDIDATES)
        exact = dict.fromkeys(self._bare_rows.get(bare, ()), _BARE)
        exact |= dict.fromkeys(self._literal_rows.get(literal, ()), _LITERAL)
        names = [self._bares[row] for row in rows]
        words = list(dict.fromkeys(bare.split()))
        name_words = [name.split() for name in names]
        reordered = [" ".join(sorted(each)) for each in name_words]
        scores = np.maximum(_ratios(bare, names), _ratios(_sorted_words(bare), reordered) - _REORDERED)
        scores = np.maximum(scores, self._match_words(words, name_words))
        scores = np.clip(scores - _number_malus(words, name_words), 0.0, _FUZZY)
        return (
            np.concatenate([rows, np.fromiter(exact, np.int64, len(exact))]),
            np.concatenate([scores, np.fromiter(exact.values(), np.float64, len(exact))]),
        )

    def score_beginning(self, text: str, *, unfinished: bool) -> tuple[Ints, Doubles]:
        """Names that begin with a text, spelt by `fold_begun`: their rows, and a score for each.

        `unfinished`: its last word may break off.
        """
        rows: list[int] = []
        scores: list[float] = []
        for names in (self._literal_order, self._bare_order):
            for name, row in names.beginning_with(text) if len(text) >= _LEAST_BEGINNING else ():
                whole = name[len(text) :].startswith((" ", "s "))  # Monty Python's
                if whole or unfinished:
                    rows.append(row)
                    scores.append(_BEGINS if whole else _UNFINISHED if len(text) > _FEW else _BARELY_BEGUN)
        return np.array(rows, dtype=np.int64), np.array(scores)

    def _match_words(self, words: list[str], name_words: list[list[str]]) -> Doubles:
        """Scores of names word by word: how much of the typed words they cover, and what they add."""
        names_with: dict[str, list[int]] = defaultdict(list)
        for at, each in enumerate(name_words):
            for word in set(each):
                names_with[word].append(at)
        vocabulary = list(names_with)
        weights = np.array([self._weights[word] for word in vocabulary])
        whole = np.array([sum(self._weights[word] for word in set(each)) for each in name_words])
        covered, mass = np.zeros(len(name_words)), np.zeros(len(name_words))
        wanted = 0.0
        for position, word in enumerate(words):
            likeness = _likeness(word, vocabulary, last=position == len(words) - 1)
            alike = np.flatnonzero(likeness)
            alike = alike[np.argsort(likeness[alike], kind="stable")]  # the most alike is written last
            weight = weights[alike[-1]] if alike.size else self._unknown
            wanted += weight
            best_likeness, best_weight = np.zeros_like(covered), np.zeros_like(mass)
            for index in alike:
                best_likeness[names_with[vocabulary[index]]] = likeness[index]
                best_weight[names_with[vocabulary[index]]] = weights[index]
            covered += weight * best_likeness
            mass += best_weight
        coverage = covered / max(wanted, 1e-9)
        share = np.minimum(mass / np.maximum(whole, 1e-9), 1.0)
        scores: Doubles = coverage * (_ALL_WORDS + (_SAME_WORDS - _ALL_WORDS) * share)
        return scores


def _likeness(word: str, vocabulary: list[str], *, last: bool) -> Doubles:
    """How like a typed word each word of the vocabulary is, 0 to 1; 0 is another word."""
    if word.isdigit():
        return np.array([float(other == word) for other in vocabulary])
    likeness: Doubles = _ratios(word, vocabulary, least=_LEAST_WORD_RATIO) / 100.0
    if last and len(word) > 2:  # it may be unfinished
        begun = np.fromiter((other.startswith(word) for other in vocabulary), bool, len(vocabulary))
        likeness[begun] = np.maximum(likeness[begun], _BEGUN_WORD)
    return likeness


def _number_malus(words: list[str], name_words: list[list[str]]) -> Doubles:
    numbers = {word for word in words if word.isdigit()}
    own = [{word for word in each if word.isdigit()} for each in name_words]
    missing = np.array([len(numbers - each) for each in own])
    extra = np.array([len(each - numbers) for each in own])
    return _NUMBER_MISSING * missing + _NUMBER_EXTRA * extra


class _Sorted:
    """Names in order, so that those with one beginning stand together."""

    def __init__(self, names: Sequence[str]) -> None:
        self._rows = sorted(range(len(names)), key=names.__getitem__)
        self._names = [names[row] for row in self._rows]

    def beginning_with(self, text: str) -> Iterator[tuple[str, int]]:
        """Names that go on after `text`, each with its row."""
        for at in range(bisect_left(self._names, text), len(self._names)):
            if not self._names[at].startswith(text):
                return
            if len(self._names[at]) > len(text):
                yield self._names[at], self._rows[at]


def _ratios(text: str, names: list[str], least: float = _LEAST_RATIO) -> Doubles:
    """Edit-distance ratios (insertions and deletions), 0 to 100, and 0 below `least`."""
    ratios: Doubles = process.cdist([text], names, scorer=fuzz.ratio, score_cutoff=least, dtype=np.float64)[0]
    return ratios


def _sorted_words(text: str) -> str:
    return " ".join(sorted(text.split()))


def _rows_by_text(texts: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        rows[text].append(row)
    return dict(rows)
