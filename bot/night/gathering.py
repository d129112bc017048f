"""Slates: what a night would offer, made anew whenever something that bears on it changes."""

from __future__ import annotations

from bot.films.profiles import Profile
from bot.films.taste import Taste
from bot.night.states import SLATE
from recsys.serving.groups import fairness_weights
from storage.database import AsyncConnection
from storage.night import chats, ledger, nights, polls
from storage.night.chats import Chat
from storage.night.ledger import Opinion
from storage.night.nights import Night, NightMember
from storage.people.filters import Filters

ENOUGH = 2  # people that make a group


class Slates:
    """Writes inside the caller's transaction."""

    def __init__(self, taste: Taste) -> None:
        self._taste = taste

    async def refresh(self, conn: AsyncConnection, night: Night) -> None:
        """Make the slate anew while the night gathers, and have its board show the change in any case."""
        if night.state == "gathering":
            members = await nights.members(conn, night.id)
            film_ids = await self._best(conn, night, members) if len(members) >= ENOUGH else []
            await nights.set_slate(conn, night.id, film_ids)
        await nights.touch(conn, night.id)

    async def opinions(self, conn: AsyncConnection, night: Night, film_id: int) -> list[Opinion]:
        """How a film is predicted to be for each member whose taste is known."""
        found = []
        for member in await nights.members(conn, night.id):
            profile = await self._taste.of(conn, member.person_id)
            if profile.is_known:
                predicted, stars = (
                    self._taste.satisfaction(profile, film_id),
                    self._taste.stars(profile, film_id),
                )
                found.append(Opinion(night.id, member.person_id, predicted, stars, None))
        return found

    async def weights(self, conn: AsyncConnection, chat: Chat, people: list[int]) -> list[float] | None:
        """Whose wishes weigh more, by how the group's last night went for them; None where nobody's do."""
        if chat.strategy != "fair":
            return None
        went = await ledger.last_time(conn, chat.id, people)
        return fairness_weights([went[p].satisfaction if p in went else None for p in people])

    async def _best(self, conn: AsyncConnection, night: Night, members: list[NightMember]) -> list[int]:
        chat = await chats.get(conn, night.chat_id)
        hidden = await nights.watched(conn, night.chat_id)
        hidden |= await nights.vetoes_of(conn, night.id)
        hidden |= await polls.shown_before(conn, night.id)
        profiles: list[Profile] = [await self._taste.of(conn, member.person_id) for member in members]
        weights = await self.weights(conn, chat, [member.person_id for member in members])
        films = self._taste.group(
            profiles,
            SLATE,
            hidden,
            strategy=chat.strategy,
            weights=weights,
            filters=_filters(night),
            spare_seen=chat.spare_seen,
        )
        return [film.id for film in films]


def _filters(night: Night) -> Filters:
    return Filters(genres=night.genres, decades=night.decades)
