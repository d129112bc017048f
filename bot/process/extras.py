"""Whether the packages of the `train` extra are there, without loading one."""

from __future__ import annotations

import importlib.util

from bot.errors import NotPrepared


def require_training(*packages: str) -> None:
    """Raise NotPrepared unless these packages of the extra are there; torch if none is named."""
    if any(importlib.util.find_spec(name) is None for name in packages or ("torch",)):
        raise NotPrepared("this needs the `train` extra: pip install 'matinee[train]'")
