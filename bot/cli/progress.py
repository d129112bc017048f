"""Progress bars of data and training."""

from __future__ import annotations

import math
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from recsys.models.dot_bias import Epoch
    from recsys.models.ials import Sweep

__all__ = ["Bars"]


class Bars:
    """One bar for each thing under way: a download, the epochs of the stars, the sweeps of the order."""

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

    def training(self, step: Epoch | Sweep) -> None:
        """What recsys.fit reports."""
        from recsys.models.dot_bias import Epoch  # torch is there by now

        if isinstance(step, Epoch):
            valid = "" if math.isnan(step.valid_loss) else f", valid {step.valid_loss:.3f}"
            self._show("Learning stars", step.number, step.total, f"train {step.train_loss:.3f}{valid}")
        else:
            self._show("Learning the order", step.number, step.total, "")

    def _show(self, label: str, done: int, total: int | None, note: str) -> None:
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, total=total, note=note)
        self._progress.update(self._tasks[label], completed=done, total=total, note=note)
