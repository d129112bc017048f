"""/profile and its button."""

from __future__ import annotations

from bot.errors import StaleButton
from bot.profile.portrait.service import Portraits
from bot.profile.portrait.views import AskThese, portrait_screen
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.ways import AskAbout, RoundScreen


class Handlers:
    """Each parses, calls one use case, and renders."""

    def __init__(self, portraits: Portraits, ask_about: AskAbout, round_screen: RoundScreen) -> None:
        self._portraits = portraits
        self._ask_about = ask_about
        self._round_screen = round_screen

    def register(self, router: Router) -> None:
        """Claim the command and button of this screen."""
        router.command("profile", self.profile)
        router.button(AskThese, self.ask_these)

    async def profile(self, request: Request) -> None:
        """/profile: what the bot makes of the person."""
        await request.reply(portrait_screen(await self._portraits.of(request.person.id), request.t))

    async def ask_these(self, request: Request, tap: AskThese) -> None:
        """Rate these: a fresh card, and a round about exactly the films named."""
        round_id = await request.once(self._ask_about, request.person.id, _ids(tap.films), request.now)
        await request.toast()
        await request.reply(await self._round_screen(request, round_id))


def _ids(films: str) -> list[int]:
    """Raises StaleButton for what is not ids joined by dots."""
    try:
        return list(dict.fromkeys(int(each) for each in films.split(".")))
    except ValueError:
        raise StaleButton(f"no films {films!r}") from None
