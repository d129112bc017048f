"""/forgetme: everything about a person is deleted, after they said so twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from bot.telegram.callbacks import Owned, Record, record
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Button, Screen
from bot.texts import FALLBACK, Translator, languages
from storage import personal
from storage.database import AsyncConnection
from storage.people.people import Person

PERSON = Owned("person")
PersonId = Annotated[int, PERSON]


@record("fx")
class ForgetPerson(Record):
    """Delete everything about this person, and about nobody who came after."""

    person_id: PersonId


@record("fk")
class KeepPerson(Record):
    """Delete nothing."""


class Handlers:
    """/forgetme and its two buttons. `wake` has those look who do what a forgetting leaves to be done."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def register(self, router: Router) -> None:
        """Claim the command and buttons of this screen."""
        router.guard(PERSON, _may_forget)
        router.command("forgetme", self.ask)
        router.button(ForgetPerson, self.forget)
        router.button(KeepPerson, self.keep)

    async def ask(self, request: Request) -> None:
        """/forgetme: the question."""
        await request.reply(forget_screen(request.person.id, request.t))

    async def forget(self, request: Request, tap: ForgetPerson) -> None:
        """Delete everything."""
        running, remainder = request.update.seq, request.remainder()
        had_menu = await request.once(forget_person, request.person, running, remainder)
        self._wake()
        if had_menu:  # an admin's; who is still one gets it again at the next start
            codes = [None if language == FALLBACK else language for language in languages()]
            await request.messenger.drop_menu(request.chat_id, codes)
        await request.toast()
        await request.show(Screen(request.t.html("forget.done")))

    async def keep(self, request: Request, tap: KeepPerson) -> None:
        """Keep it."""
        await request.toast()
        await request.show(Screen(request.t.html("forget.kept")))


async def _may_forget(conn: AsyncConnection, request: Request, asked_for: int) -> bool:
    """`asked_for` is the person who saw the question. Once they are gone, a second tap on it comes from
    somebody new: they go too if nothing is known of them but that tap."""
    return request.person.id == asked_for or await personal.is_blank(conn, request.person)


async def forget_person(
    conn: AsyncConnection, person: Person, running: int, remainder: dict[str, object]
) -> bool:
    """Delete all rows of a person; of the `running` update only `remainder` is left until it is answered.
    Whether they may have had an admin's menu."""
    return await personal.forget(conn, person, running, remainder)


def forget_screen(person_id: int, t: Translator) -> Screen:
    """What is deleted, and what follows when."""
    return Screen(
        t.html("forget.ask"),
        (
            (Button(t.plain("button.delete_everything"), ForgetPerson(person_id)),),
            (Button(t.plain("button.keep"), KeepPerson()),),
        ),
    )
