"""How near a text is to each of many names, from 0 to 100."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process

from recsys.arrays import Doubles, Ints
from recsys.titles.grams import SHORT, GramIndex
from recsys.titles.names import SortedNames

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
        ordered = sorted({*literals, *bares})
        self._names = SortedNames(ordered)
        positions = {name: position for position, name in enumerate(ordered)}
        self._literals = np.fromiter((positions[name] for name in literals), np.int32, len(literals))
        self._bares = np.fromiter((positions[name] for name in bares), np.int32, len(bares))
        del ordered, positions
        self._grams = GramIndex(self._names, self._bares)
        frequencies = Counter(word for name in bares for word in set(name.split()))
        weights = {n: float(np.log1p(len(bares) / n)) for n in {1, *frequencies.values()}}
        self._rarest = weights[1]
        # Inverse document frequencies; words of a single name, about half of all, are left out.
        self._weights = {word: weights[n] for word, n in frequencies.items() if n > 1}

    def score(self, literal: str, bare: str) -> tuple[Ints, Doubles]:
        """The names that come near a text, given in both spellings: their rows, and a score for each."""
        rows = self._grams.nearest(bare, _CANDIDATES_OF_SHORT if len(bare) <= SHORT else _CANDIDATES)
        names = self._names.at(self._bares[rows])
        words = list(dict.fromkeys(bare.split()))
        name_words = [name.split() for name in names]
        reordered = [" ".join(sorted(each)) for each in name_words]
        scores = np.maximum(_ratios(bare, names), _ratios(_sorted_words(bare), reordered) - _REORDERED)
        scores = np.maximum(scores, self._match_words(words, name_words))
        scores = np.clip(scores - _number_malus(words, name_words), 0.0, _FUZZY)
        same_bare = np.flatnonzero(self._bares == self._names.find(bare))
        same_literal = np.flatnonzero(self._literals == self._names.find(literal))
        exact = [np.full(len(same_bare), _BARE), np.full(len(same_literal), _LITERAL)]
        return np.concatenate([rows, same_bare, same_literal]), np.concatenate([scores, *exact])

    def score_beginning(self, text: str, *, unfinished: bool) -> tuple[Ints, Doubles]:
        """Names that begin with a text, spelt by `fold_begun`: their rows, and a score for each.

        `unfinished`: its last word may break off; where it may not, names that go on with it score 0.
        """
        span = self._names.beginning_with(text) if len(text) >= _LEAST_BEGINNING else range(0)
        whole = self._names.continuing_with(span, text, (" ", "s "))  # Monty Python's
        begun = (_UNFINISHED if len(text) > _FEW else _BARELY_BEGUN) if unfinished else 0.0
        scores = np.where(whole, _BEGINS, begun)
        spellings = (self._literals, self._bares)
        rows = [np.flatnonzero((each >= span.start) & (each < span.stop)) for each in spellings]
        return np.concatenate(rows), np.concatenate(
            [scores[each[own] - span.start] for each, own in zip(spellings, rows, strict=True)]
        )

    def _match_words(self, words: list[str], name_words: list[list[str]]) -> Doubles:
        """Scores of names word by word: how much of the typed words they cover, and what they add."""
        names_with: dict[str, list[int]] = defaultdict(list)
        for at, each in enumerate(name_words):
            for word in set(each):
                names_with[word].append(at)
        vocabulary = list(names_with)
        weight_of = {word: self._weights.get(word, self._rarest) for word in vocabulary}
        weights = np.array(list(weight_of.values()))
        whole = np.array([sum(weight_of[word] for word in set(each)) for each in name_words])
        covered, mass = np.zeros(len(name_words)), np.zeros(len(name_words))
        wanted = 0.0
        for position, word in enumerate(words):
            likeness = _likeness(word, vocabulary, last=position == len(words) - 1)
            alike = np.flatnonzero(likeness)
            alike = alike[np.argsort(likeness[alike], kind="stable")]  # the most alike is written last
            weight = weights[alike[-1]] if alike.size else self._rarest
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


def _ratios(text: str, names: list[str], least: float = _LEAST_RATIO) -> Doubles:
    """Edit-distance ratios (insertions and deletions), 0 to 100, and 0 below `least`."""
    ratios: Doubles = process.cdist([text], names, scorer=fuzz.ratio, score_cutoff=least, dtype=np.float64)[0]
    return ratios


def _sorted_words(text: str) -> str:
    return " ".join(sorted(text.split()))
