"""/start, the genre questionnaire and the shelves."""

from __future__ import annotations

from bot.cards import Origin
from bot.errors import StaleButton
from bot.films.library import Library
from bot.onboarding.service import Onboarding, Questionnaire
from bot.onboarding.views import (
    FinishGenres,
    PickShelf,
    SetGenre,
    SetGenreAgain,
    ShowGenres,
    ShowShelves,
    answer_toast,
    noted_toast,
    questionnaire_screen,
    revision_screen,
    shelf_toast,
    shelves_screen,
)
from bot.telegram.links import film_of, night_of
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from bot.ways import Awaits, CardScreen, ReviseGenres, RoundScreen, StartRound


class Handlers:
    """Each parses, calls one use case, and renders. After the genres comes a round of rating cards."""

    def __init__(
        self,
        onboarding: Onboarding,
        library: Library,
        awaits: Awaits,
        start_round: StartRound,
        card_screen: CardScreen,
        round_screen: RoundScreen,
    ) -> None:
        self._onboarding = onboarding
        self._library = library
        self._awaits = awaits
        self._start_round = start_round
        self._card_screen = card_screen
        self._round_screen = round_screen

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.command("start", self.start)
        router.button(SetGenre, self.set_genre)
        router.button(ShowShelves, self.shelves)
        router.button(PickShelf, self.pick_shelf)
        router.button(ShowGenres, self.genres)
        router.button(FinishGenres, self.finish)
        router.button(ReviseGenres, self.revise)
        router.button(SetGenreAgain, self.set_genre_again)

    async def start(self, request: Request) -> None:
        """/start: greeting and questionnaire, filled in as it was left; or what a link from a group means."""
        film_id, night_id = film_of(request.text), night_of(request.text)
        if film_id is not None:
            try:
                await request.reply(await self._card_screen(request, film_id, Origin()))
                return
            except StaleButton:
                await request.reply(Screen(request.t.html("start.film_gone")))
        elif night_id is not None:
            waits = await self._awaits(request.person.id, night_id)
            await request.reply(Screen(request.t.html("night.welcome" if waits else "start.night_gone")))
        elif request.text:
            await request.reply(Screen(request.t.html("start.link_gone")))
        questionnaire = await self._onboarding.questionnaire(request.person.id)
        await request.reply(questionnaire_screen(questionnaire, request.t))

    async def set_genre(self, request: Request, tap: SetGenre) -> None:
        """A tap on a genre."""
        await request.show(questionnaire_screen(await self._answered(request, tap), request.t))

    async def shelves(self, request: Request, tap: ShowShelves) -> None:
        """Pick shelves instead: the same message shows them."""
        await request.toast()
        bookcase = await self._onboarding.bookcase(request.person.id)
        await request.show(shelves_screen(bookcase, request.t))

    async def pick_shelf(self, request: Request, tap: PickShelf) -> None:
        """A tap on a shelf."""
        picked = tap.picked == 1
        await request.once(self._onboarding.pick, request.person.id, tap.first_id, picked, request.now)
        title = self._library.film(tap.first_id).title
        await request.toast(shelf_toast(title, picked, request.t))
        await request.show(shelves_screen(await self._onboarding.bookcase(request.person.id), request.t))

    async def genres(self, request: Request, tap: ShowGenres) -> None:
        """From the shelves back to the genres."""
        await request.toast()
        questionnaire = await self._onboarding.questionnaire(request.person.id)
        await request.show(questionnaire_screen(questionnaire, request.t))

    async def finish(self, request: Request, tap: FinishGenres) -> None:
        """Done or Skip: the questionnaire becomes the first rating card."""
        round_id = await request.once(self._start_round, request.person.id, request.now)
        questionnaire = await self._onboarding.questionnaire(request.person.id)
        await request.toast(noted_toast(questionnaire, request.t))
        await request.show(await self._round_screen(request, round_id))

    async def revise(self, request: Request, tap: ReviseGenres) -> None:
        """Genres, in /settings: the questionnaire as it was left."""
        questionnaire = await self._onboarding.questionnaire(request.person.id)
        if not questionnaire.answers:
            raise StaleButton("the films have no genres")
        await request.toast()
        await request.show(revision_screen(questionnaire, request.t))

    async def set_genre_again(self, request: Request, tap: SetGenreAgain) -> None:
        """A tap on a genre there."""
        await request.show(revision_screen(await self._answered(request, tap), request.t))

    async def _answered(self, request: Request, tap: SetGenre | SetGenreAgain) -> Questionnaire:
        person_id, genre = request.person.id, self._library.genre(tap.code)
        await request.once(self._onboarding.answer, person_id, genre, tap.value, request.now)
        await request.toast(answer_toast(genre, tap.value, request.t))
        return await self._onboarding.questionnaire(person_id)
