"""The border between public ids and row numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recsys.arrays import Ints
from recsys.errors import InvalidData, RecsysError


class Vocabulary:
    """Public integer ids in a fixed order; the position of an id is its row.

    `ids` must be unique. Unknown ids raise `error`, never give a wrong row.
    """

    def __init__(self, ids: npt.ArrayLike, *, kind: str, error: type[RecsysError]) -> None:
        self.ids: Ints = np.asarray(ids, dtype=np.int64).reshape(-1)
        self._kind = kind
        self._error = error
        # Most come in ascending order: then a position among the sorted ids is the row.
        ascending = bool((np.diff(self.ids) > 0).all())
        self._order = None if ascending else np.argsort(self.ids, kind="stable")
        self._sorted = self.ids if self._order is None else self.ids[self._order]
        twice = np.flatnonzero(self._sorted[1:] == self._sorted[:-1])
        if twice.size:
            raise InvalidData(f"{kind} {int(self._sorted[twice[0]])} appears twice")

    def __len__(self) -> int:
        return int(self.ids.size)

    def __contains__(self, public_id: int) -> bool:
        at = int(np.searchsorted(self._sorted, public_id))
        return at < len(self) and int(self._sorted[at]) == public_id

    def row(self, public_id: int) -> int:
        """The row of one id."""
        at = int(np.searchsorted(self._sorted, public_id))
        if at >= len(self) or int(self._sorted[at]) != public_id:
            raise self._error(f"unknown {self._kind} {public_id}")
        return at if self._order is None else int(self._order[at])

    def known_rows(self, public_ids: npt.ArrayLike) -> Ints:
        """The rows of those of many ids that are known, in their order; shape (at most n,)."""
        wanted = np.asarray(public_ids, dtype=np.int64).reshape(-1)
        if not len(self):
            return np.empty(0, dtype=np.int64)
        at = np.searchsorted(self._sorted, wanted).clip(max=len(self) - 1)
        return self._rows_at(at[self._sorted[at] == wanted])

    def rows(self, public_ids: npt.ArrayLike | Sequence[int]) -> Ints:
        """The rows of many ids, in their order; shape (n,)."""
        given = np.asarray(public_ids).reshape(-1)
        if not given.size:
            return np.empty(0, dtype=np.int64)
        if not np.issubdtype(given.dtype, np.integer):
            raise InvalidData(f"{self._kind} ids must be integers, they are {given.dtype}")
        too_large = given[given > np.iinfo(np.int64).max]
        if too_large.size:
            raise self._error(f"unknown {self._kind} {int(too_large[0])}")
        wanted = given.astype(np.int64)
        at = np.searchsorted(self._sorted, wanted)
        known = at < len(self)
        known[known] = self._sorted[at[known]] == wanted[known]
        if not known.all():
            raise self._error(f"unknown {self._kind} {int(wanted[~known][0])}")
        return self._rows_at(at)

    def _rows_at(self, positions: Ints) -> Ints:
        """The rows of ids by their positions among all of them, sorted."""
        return positions.astype(np.int64) if self._order is None else self._order[positions].astype(np.int64)
