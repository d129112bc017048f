"""Asks a peer in an environment of its own: its versions of numpy and torch need not be ours."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.arrays import AnyArray

ENVIRONMENT = Path(".venv-peers/bin/python")  # what `make bench-peers` makes
RUN = Path(__file__).with_name("run.py")
# As in our own fits: on small batches threads wait for each other, on a busy machine for ten times as long.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Arrays = dict[str, AnyArray]


class NotRun(Exception):
    """A peer that gave no answer; the text says why, for the table."""


@dataclass(frozen=True, slots=True)
class Peers:
    """`python` of the peers' environment, and the seconds after which one is given up."""

    python: Path = ENVIRONMENT
    patience: float = 1800.0

    def ask(self, method: str, **arrays: npt.ArrayLike) -> Arrays:
        """What a method of `run.py` answers, `seconds` of its training among it. Raises NotRun."""
        if not self.python.exists():
            raise NotRun(f"no {self.python}: make bench-peers")
        sys.stderr.write(f"  asking {method} …\n")
        with tempfile.TemporaryDirectory() as folder:
            job, answer = Path(folder) / "job.npz", Path(folder) / "answer.npz"
            named: dict[str, Any] = {**arrays, "method": method}
            np.savez(job, **named)
            try:
                ended = subprocess.run(
                    [self.python, "-W", "ignore", RUN, job, answer],
                    env={**os.environ, **ONE_THREAD},
                    capture_output=True,
                    text=True,
                    timeout=self.patience,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise NotRun(f"no answer after {self.patience:.0f} s") from error
            if ended.returncode:
                printed = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
                raise NotRun(printed[-1][:200])
            with np.load(answer) as given:
                return dict(given)
