"""How long to wait before something that failed is tried again."""

from __future__ import annotations


class Backoff:
    """Pauses in seconds: the first one, then each twice the one before, up to the longest."""

    def __init__(self, first: float = 1.0, longest: float = 30.0) -> None:
        self._first = first
        self._longest = longest
        self._pause = first

    def next(self) -> float:
        """How long to wait now."""
        pause = self._pause
        self._pause = min(self._longest, pause * 2)
        return pause

    def reset(self) -> None:
        """It went well: the next trouble begins with the first pause."""
        self._pause = self._first
