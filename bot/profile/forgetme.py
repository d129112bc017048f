"""/forgetme: everything about a person is deleted, after they said so twice."""

from __future__ import annotations

from typing import Annotated

from bot.telegram.callbacks import Owned, Record, record
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from storage import personal
from storage.database import AsyncConnection
from storage.night import nights
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
    """/forgetme and its two buttons."""

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
        await request.once(forget_person, request.person, running, remainder)
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
) -> None:
    """Delete all rows of a person; of the `running` update only `remainder` is left until it is answered."""
    # The boards of these nights name them.
    for night_id in await nights.of_person(conn, person.id, nights.OPEN):
        await nights.touch(conn, night_id)
    await personal.forget(conn, person, running, remainder)


def forget_screen(person_id: int, t: Translator) -> Screen:
    """What is deleted, and what follows when."""
    return Screen(
        t.html("forget.ask"),
        (
            (Button(t.plain("button.delete_everything"), ForgetPerson(person_id)),),
            (Button(t.plain("button.keep"), KeepPerson()),),
        ),
    )
