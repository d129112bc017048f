"""/profile and its button."""

from __future__ import annotations

from bot.errors import StaleButton
from bot.profile.portrait.views import AskThese, portrait_screen
from bot.rating.views import round_screen
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router


class Handlers:
    """One method a command or tap."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, router: Router) -> None:
        """Claim the command and button of this screen."""
        router.command("profile", self.profile)
        router.button(AskThese, self.ask_these)

    async def profile(self, request: Request) -> None:
        """/profile: what the bot makes of the person."""
        portrait = await self._services.portraits.of(request.person.id)
        await request.reply(portrait_screen(portrait, request.t))

    async def ask_these(self, request: Request, tap: AskThese) -> None:
        """Rate these: a fresh card, and a round about exactly the films named."""
        rating, person_id, films = self._services.rating, request.person.id, _ids(tap.films)
        round_id = await request.once(lambda conn: rating.ask(conn, person_id, films, request.now))
        await request.toast()
        await request.reply(round_screen(await rating.state(person_id, round_id), request.t))


def _ids(films: str) -> list[int]:
    """Raises StaleButton for what is not ids joined by dots."""
    try:
        return list(dict.fromkeys(int(each) for each in films.split(".")))
    except ValueError:
        raise StaleButton(f"no films {films!r}") from None
