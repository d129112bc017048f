"""How far a training is: what the child reports, as one picture for the job's row."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from bot.process.bells import Bell

# Where in the whole each phase begins: on ml-100k, a third of a training is not training.
PHASES = {"snapshot": 0.0, "checking": 0.02, "training": 0.1, "gate": 0.85, "publishing": 0.98}
_RANKER_FROM = 0.6  # of training: the stars take most of it
_CURVE = 300  # points at most; a longer curve is thinned
_SURE_FROM = 0.15  # of the whole: from there on its speed says when it ends


class Progress:
    """One training under way. `changed` is set by every message, `turned` rung by another phase alone."""

    def __init__(self) -> None:
        self.phase = "snapshot"
        self.changed = True
        self.turned = Bell()
        self._began = time.monotonic()
        self._step: dict[str, Any] = {}
        self._curve: list[tuple[float | None, ...]] = []

    def enter(self, phase: str) -> None:
        """The next phase begins. Raises KeyError for one that does not exist."""
        PHASES[phase]
        self.phase = phase
        self.changed = True
        self.turned.ring()

    def step(self, message: Mapping[str, Any]) -> None:
        """An epoch or a sweep has ended. Raises KeyError, TypeError, ValueError for what is none."""
        losses = {name: _measured(message.get(name)) for name in ("train_loss", "valid_loss")}
        part, number, total = str(message["part"]), int(message["number"]), int(message["total"])
        if not 0 < number <= total:
            raise ValueError(f"step {number} of {total}")
        chain = int(message.get("chain", 0))
        self._step = {"part": part, "number": number, "total": total, **losses, "chain": chain}
        if part == "stars":
            self._curve.append((losses["train_loss"], losses["valid_loss"], *([chain] if chain else [])))
        self.changed = True

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the row: `done` in 0..1, `seconds_left` or None, the `curve` of the stars.

        A point of it is [train loss, valid loss], and the number of its chain where it is of a draw.
        """
        done = self._done()
        passed = time.monotonic() - self._began
        thin = -(-len(self._curve) // _CURVE) or 1
        return {
            "part": None,
            "number": None,
            "total": None,
            "train_loss": None,
            "valid_loss": None,
            "chain": 0,
            **self._step,
            "done": round(done, 3),
            "seconds_left": round(passed / done * (1 - done), 1) if done >= _SURE_FROM else None,
            "curve": [list(point) for point in self._curve[::-1][::thin][::-1]],  # with the last one
        }

    def _done(self) -> float:
        begin = PHASES[self.phase]
        if self.phase != "training" or not self._step:
            return begin
        share: float = self._step["number"] / self._step["total"]
        if self._step["part"] == "stars":
            within = _RANKER_FROM * share
        else:
            within = _RANKER_FROM + (1 - _RANKER_FROM) * share
        return begin + (PHASES["gate"] - begin) * within


def _measured(loss: object) -> float | None:
    """None for what was not measured."""
    if loss is None:
        return None
    value = float(str(loss))
    return value if math.isfinite(value) else None
