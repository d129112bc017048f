"""Many short texts in little memory: one run of bytes, instead of an object for each.

`recsys.titles.names.SortedNames` is the like for names that are sought: these are had by position alone, in
any order, may repeat, and grow one by one.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator


class PackedTexts:
    """Texts by position, in the order in which they were added."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._ends = array("I", [0])

    def append(self, text: str) -> None:
        """Add one behind the others."""
        self._content += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._content))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> str:
        return self._content[self._ends[at] : self._ends[at + 1]].decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return (self[at] for at in range(len(self)))
