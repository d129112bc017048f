"""Which Matinee this is. Imports little, so that `matinee --version` answers at once."""

from __future__ import annotations

from importlib.metadata import version


def version_line() -> str:
    """`matinee 0.2.0`: the version that is installed."""
    return f"matinee {version('matinee')}"
