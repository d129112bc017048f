"""The use cases that handlers call; built once, in the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from bot.discover.service import Discover
from bot.library import Library
from bot.onboarding.service import Onboarding
from bot.profile.forgetme.service import ForgetMe
from bot.profile.history.service import History
from bot.profile.mydata.service import MyData
from bot.profile.portrait.service import Portraits
from bot.rating.service import Rating

__all__ = ["Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    library: Library
    onboarding: Onboarding
    rating: Rating
    discover: Discover
    history: History
    portraits: Portraits
    mydata: MyData
    forgetme: ForgetMe
