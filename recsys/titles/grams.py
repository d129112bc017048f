"""Which of many names share letters with a text: the few that are worth a closer look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.arrays import Doubles, Ints

_LETTERS = 64  # digits, a to z and the space have a code of their own; all others share the rest
SHORT = 10  # letters up to which pairs count too: of a short word a typo leaves few triples


class GramIndex:
    """An index from runs of two and three letters, over the ends of words too, to names."""

    def __init__(self, names: Sequence[str]) -> None:
        self._n_names = len(names)
        self._tables = [_Runs(names, length) for length in (2, 3)]

    def nearest(self, text: str, count: int) -> Ints:
        """The rows of the `count` names that share most with a text, for its length and theirs, or fewer."""
        tables = self._tables if len(text) <= SHORT else self._tables[1:]
        shared, mass = np.zeros(self._n_names), np.full(self._n_names, 1e-9)
        for table in tables:
            shared += table.shared(text)
            mass += table.mass
        key = shared * (1 + shared / mass)
        rows: Ints = np.flatnonzero(key)
        if len(rows) > count:
            rows = rows[np.argpartition(-key[rows], count - 1)[:count]]
        return rows


class _Runs:
    """Runs of one length, weighted by how rare they are; `mass` (n_names,) is the weight of a name's own."""

    def __init__(self, names: Sequence[str], length: int) -> None:
        self._length, self._n_names = length, len(names)
        codes = _codes("".join(f" {name} " for name in names), length)
        sizes = np.array([len(name) + 2 for name in names], dtype=np.int64)
        owners = np.repeat(np.arange(self._n_names), sizes)[: len(codes)]
        # Letters of this name from here to its end.
        left = np.repeat(np.cumsum(sizes), sizes)[: len(codes)] - np.arange(len(codes))
        whole = left >= length
        pairs = np.sort(codes[whole] * np.int64(self._n_names) + owners[whole])
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # np.unique would hash, which takes ten times as long
        runs = pairs // max(self._n_names, 1)
        self._rows = (pairs % max(self._n_names, 1)).astype(np.int32)
        self._starts = np.searchsorted(runs, np.arange(_LETTERS**length + 1)).astype(np.int32)
        self._weights = np.log1p(self._n_names / np.maximum(np.diff(self._starts), 1))
        self.mass = np.bincount(self._rows, self._weights[runs], self._n_names)

    def shared(self, text: str) -> Doubles:
        """The weight of the runs that each name shares with a text; shape (n_names,)."""
        runs = np.unique(_codes(f" {text} ", self._length))
        spans = [slice(self._starts[run], self._starts[run + 1]) for run in runs]
        if not spans:
            return np.zeros(self._n_names)
        rows = np.concatenate([self._rows[span] for span in spans])
        sizes = self._starts[runs + 1] - self._starts[runs]
        weights: Doubles = np.repeat(self._weights[runs], sizes)
        return np.bincount(rows, weights, self._n_names).astype(np.float64)


def _codes(text: str, length: int) -> Ints:
    """A number below _LETTERS ** length for each run of letters, in order."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.int64)
    letters = 37 + points % (_LETTERS - 37)
    letters[points == ord(" ")] = 0
    digits, plain = (points >= ord("0")) & (points <= ord("9")), (points >= ord("a")) & (points <= ord("z"))
    letters[digits] = points[digits] - ord("0") + 1
    letters[plain] = points[plain] - ord("a") + 11
    codes = np.zeros(max(len(letters) - length + 1, 0), np.int64)
    for at in range(length):
        codes = codes * _LETTERS + letters[at : at + len(codes)]
    return codes
