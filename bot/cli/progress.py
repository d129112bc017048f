"""Progress bars of data and training."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from recsys.progress import Step

_LABELS = {"stars": "Learning stars", "ranker": "Learning the order"}


class Bars:
    """One bar for each thing under way: a download, the steps of the stars, those of the order."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def data(self, label: str, done: int, total: int | None) -> None:
        """What recsys.load_dataset reports: bytes or rows."""
        self._show(label, done, total, "")

    def training(self, step: Step) -> None:
        """What recsys.fit reports."""
        losses = {"train": step.train_loss, "valid": step.valid_loss}
        note = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items() if not math.isnan(loss))
        self._show(_LABELS[step.part], step.number, step.total, note)

    def _show(self, label: str, done: int, total: int | None, note: str) -> None:
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, total=total, note=note)
        self._progress.update(self._tasks[label], completed=done, total=total, note=note)
