"""Which of many names share letters with a text: the few that are worth a closer look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.arrays import Doubles, Integers, Ints
from recsys.titles.names import SortedNames

_LETTERS = 64  # digits, a to z and the space have a code of their own; all others share the rest
SHORT = 10  # letters up to which pairs count too: of a short word a typo leaves few triples
_BLOCK = 4096  # names that are taken apart at once: this bounds the memory beyond the index itself
_PAGE = 1 << 16  # names whose places on a page fit into two bytes; a multiple of _BLOCK


class GramIndex:
    """An index from runs of two and three letters, over the ends of words too, to rows of names.

    `positions` (n_rows,) is where in `names` each row's name is; a name may have several rows, or none.
    """

    def __init__(self, names: SortedNames, positions: Integers) -> None:
        self._positions = positions
        self._tables = [_Runs(names, np.bincount(positions, minlength=len(names)), each) for each in (2, 3)]

    def nearest(self, text: str, count: int) -> Ints:
        """The `count` rows whose names share most with a text, for its length and theirs, or fewer."""
        tables = self._tables if len(text) <= SHORT else self._tables[1:]
        shared, mass = np.zeros(tables[0].mass.shape), np.full(tables[0].mass.shape, 1e-9)
        for table in tables:
            shared += table.shared(text)
            mass += table.mass
        key = (shared * (1 + shared / mass))[self._positions]
        rows: Ints = np.flatnonzero(key)
        if len(rows) > count:
            rows = rows[np.argpartition(-key[rows], count - 1)[:count]]
        return rows


class _Runs:
    """Runs of one length, weighted by how rare they are; `mass` (n_names,) is the weight of a name's own.

    `n_rows` (n_names,) is how many rows have a name. Names come in pages, so that two bytes say where on its
    page each is: the run of code c is on page p at the ascending places
    `_places[_starts[i] : _starts[i + 1]]`, with `_keys[i]` = p * _LETTERS ** length + c.
    """

    def __init__(self, names: SortedNames, n_rows: Ints, length: int) -> None:
        self._length = length
        n_codes = _LETTERS**length
        starts_of_blocks = range(0, len(names), _BLOCK)
        blocks = [first + np.flatnonzero(n_rows[first : first + _BLOCK]) for first in starts_of_blocks]
        sizes = np.zeros((-(-len(names) // _PAGE), n_codes), np.int32)
        frequencies = np.zeros(n_codes)
        for first, block in zip(starts_of_blocks, blocks, strict=True):
            codes, owners = _pairs(names.at(block), length)
            sizes[first // _PAGE] += np.bincount(codes, minlength=n_codes)
            frequencies += np.bincount(codes, n_rows[block][owners], n_codes)
        keys = np.flatnonzero(sizes)
        starts = np.concatenate([[0], np.cumsum(sizes.ravel()[keys])])
        self._keys, self._starts = keys.astype(np.int32), starts.astype(np.int32)
        self._weights = np.log1p(n_rows.sum() / frequencies[keys % n_codes])
        del sizes, frequencies
        self._places = np.empty(starts[-1], np.uint16)
        self.mass = np.zeros(len(names))
        for first, block in zip(starts_of_blocks, blocks, strict=True):
            codes, owners = _pairs(names.at(block), length)
            runs = np.searchsorted(self._keys, first // _PAGE * n_codes + codes)
            firsts = np.flatnonzero(np.diff(runs, prepend=-1))
            counts = np.diff(firsts, append=len(runs))
            places = np.arange(len(runs)) + np.repeat(starts[runs[firsts]] - firsts, counts)
            self._places[places] = block[owners] % _PAGE
            starts[runs[firsts]] += counts  # where the next block goes on
            self.mass[block] = np.bincount(owners, self._weights[runs], len(block))

    def shared(self, text: str) -> Doubles:
        """The weight of the runs that each name shares with a text; shape (n_names,)."""
        shared = np.zeros(self.mass.shape)
        codes = _codes(f" {text} ", self._length)
        for page, first in enumerate(range(0, len(shared), _PAGE)):
            runs = np.flatnonzero(np.isin(self._keys, page * _LETTERS**self._length + codes))
            if runs.size:
                starts, ends = self._starts[runs], self._starts[runs + 1]
                spans = map(slice, starts.tolist(), ends.tolist())
                places = np.concatenate([self._places[span] for span in spans])
                on_page = shared[first : first + _PAGE]
                on_page += np.bincount(places, np.repeat(self._weights[runs], ends - starts), len(on_page))
        return shared


def _pairs(names: Sequence[str], length: int) -> tuple[Ints, Ints]:
    """The codes of each name's different runs, and that name's position: sorted by code, then position."""
    codes = _codes("".join(f" {name} " for name in names), length)
    sizes = np.array([len(name) + 2 for name in names], dtype=np.int64)
    owners = np.repeat(np.arange(len(names)), sizes)[: len(codes)]
    # Letters of this name from here to its end.
    left = np.repeat(np.cumsum(sizes), sizes)[: len(codes)] - np.arange(len(codes))
    whole = left >= length
    pairs = np.sort(codes[whole] * np.int64(len(names)) + owners[whole])
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # np.unique would hash, which takes ten times as long
    return np.divmod(pairs, len(names))


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
