"""Many names in little memory: one run of bytes in order, instead of an object for each.

`recsys.data.texts.PackedTexts` is the like for texts that are only kept: these are sorted, different, all
given at once, and found by what they begin with.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np

from recsys.arrays import Integers, Mask

_END = "\n"  # behind each name, so that what follows its letters is never those of the next


class SortedNames:
    """Different names, given in order, so that those with one beginning stand together; known by position.

    UTF-8 sorts as its code points do, so the bytes are searched as they are.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._content = _END.join([*names, ""]).encode()
        sizes = np.fromiter((len(name.encode()) + len(_END) for name in names), np.int64, len(names))
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.uint32)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def at(self, positions: Integers) -> list[str]:
        """The names at positions of shape (n,)."""
        starts, ends = self._starts[positions].tolist(), (self._starts[positions + 1] - len(_END)).tolist()
        return [self._content[start:end].decode() for start, end in zip(starts, ends, strict=True)]

    def find(self, name: str) -> int:
        """The position of a name; -1 if it is not there."""
        wanted = name.encode()
        position = bisect_left(range(len(self)), wanted, key=self._bytes)
        return position if position < len(self) and self._bytes(position) == wanted else -1

    def beginning_with(self, text: str) -> range:
        """Where the names stand that go on after `text`."""
        wanted = text.encode()
        first = bisect_left(range(len(self)), wanted, key=self._bytes)
        last = bisect_right(range(len(self)), wanted, first, key=lambda at: self._bytes(at)[: len(wanted)])
        return range(first + (first < last and self._bytes(first) == wanted), last)

    def continuing_with(self, span: range, text: str, rests: tuple[str, ...]) -> Mask:
        """Whether each name of a span that begins with `text` has one of `rests` next; shape (len(span),)."""
        wanted = tuple(rest.encode() for rest in rests)
        ends = (self._starts[span.start : span.stop] + len(text.encode())).tolist()
        return np.fromiter((self._content.startswith(wanted, end) for end in ends), np.bool_, len(span))

    def _bytes(self, position: int) -> bytes:
        return self._content[self._starts[position] : self._starts[position + 1] - len(_END)]
