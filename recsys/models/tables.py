"""Two ways to keep a table of vectors that learns: they are one model, and train alike to the last bit."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import embedding


class Table(torch.nn.Module):
    """A plain parameter, looked up by row: what torch.nn.Embedding is, spelt out."""

    def __init__(self, start: torch.Tensor) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(start)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """The vectors at `rows` (n,); shape (n, width)."""
        return embedding(rows, self.weight)


def _embedding(start: torch.Tensor) -> torch.nn.Embedding:
    n, width = start.shape
    return torch.nn.Embedding(n, width, _weight=start)


_KINDS: dict[str, Callable[[torch.Tensor], Table | torch.nn.Embedding]] = {
    "parameter": Table,
    "embedding": _embedding,
}


def table(kind: str, start: torch.Tensor) -> Table | torch.nn.Embedding:
    """A table with these numbers (n, width) before the first step; `kind` is one of recsys.config.TABLES."""
    return _KINDS[kind](start)
