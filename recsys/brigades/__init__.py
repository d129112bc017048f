"""Accounts that act as one: found by what they agree on, when they came, and what it does to a film.

Imports `recsys.data`, and from `recsys.serving` which films the bot asks about.
"""

from __future__ import annotations

from recsys.brigades.config import BrigadeConfig
from recsys.brigades.finding import Brigade, find_brigades

__all__ = ["Brigade", "BrigadeConfig", "find_brigades"]
