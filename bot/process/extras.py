"""Whether the packages of the `train` extra are there, without loading one."""

from __future__ import annotations

import importlib.util
from importlib.metadata import version

from bot.errors import NotPrepared

_INSTALL = "pip install 'matinee[train]'"


def installed(package: str) -> str | None:
    """The version of a package that can be imported here; None if it cannot."""
    try:
        return None if importlib.util.find_spec(package) is None else version(package)
    except (ImportError, ValueError):  # what hides a package may raise when it is looked for
        return None


def require_training() -> None:
    """Raise NotPrepared where there is no torch."""
    if installed("torch") is None:
        raise NotPrepared(
            f"a full model needs torch, of the `train` extra: {_INSTALL}; "
            "`matinee prepare --quick`, `run` and `demo` go without, on a quick model"
        )


def require_drawing() -> None:
    """Raise NotPrepared where there is no matplotlib."""
    if installed("matplotlib") is None:
        raise NotPrepared(f"pictures need matplotlib, of the `train` extra: {_INSTALL}")
