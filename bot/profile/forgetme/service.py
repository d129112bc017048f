"""Forgetting a person."""

from __future__ import annotations

from bot.errors import StaleButton
from storage import personal
from storage.database import AsyncConnection
from storage.night import nights
from storage.people.people import Person


class ForgetMe:
    """Deletes inside the caller's transaction."""

    async def everything(
        self,
        conn: AsyncConnection,
        person: Person,
        asked_for: int,
        running: int,
        remainder: dict[str, object],
    ) -> None:
        """Delete all rows of a person; of the `running` update only `remainder` is left until it is answered.

        `asked_for` is the person who saw the question. Once they are gone, a second tap on it comes from
        somebody new: they go too if nothing is known of them but that tap. Raises StaleButton else.
        """
        if person.id != asked_for and not await personal.is_blank(conn, person):
            raise StaleButton(f"person {asked_for} asked to be forgotten, not person {person.id}")
        for night_id in await nights.of_person(conn, person.id, nights.OPEN):
            await nights.touch(conn, night_id)  # its board names them
        await personal.forget(conn, person, running, remainder)
