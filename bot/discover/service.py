"""Lists of films for a person, and one film at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards import Card, Origin
from bot.discover.fresh import fresh_pick
from bot.errors import StaleButton
from bot.films.library import Library
from bot.films.profiles import Profile
from bot.films.reasons import Kinship, Reason
from bot.films.taste import Pick, Taste
from bot.texts import languages, translator
from storage.database import AsyncConnection, Database
from storage.films.films import Film
from storage.people import filters as stored_filters
from storage.people import genres, lists, marks, ratings, shelves, watchlist
from storage.people.filters import NO_FILTERS, Filters
from storage.people.lists import FilmList, Shown

_PICKS = 5
_NEIGHBOURS = 10

# What was shown steps back by this many standard deviations of the person's scores, and returns by half
# every three days. On ml-latest-small a person's best film stands 8 to 17 deviations above the mean, the
# hundredth about 3.5: a film just shown is behind some hundred others, and in a week most of the way back.
_STEP_BACK = 12.0
_HALF_LIFE = timedelta(days=3)
_MEMORY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ListItem:
    """One film of a list. `stars` is the person's own rating by now, `expected` the predicted one;
    `kinship` says why it is like the film that the list is about, `reason` why it is recommended."""

    position: int
    film: Film
    stars: float | None
    expected: float | None
    reason: Reason
    kinship: Kinship | None = None
    on_watchlist: bool = False
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list as it is to be shown. `seed` is the film that a "similar" list is about;
    `anonymous`: made for somebody of whom nothing was known."""

    id: int
    kind: str
    seed: Film | None
    parent_id: int | None
    items: tuple[ListItem, ...]
    anonymous: bool
    filters: Filters = NO_FILTERS


@dataclass(frozen=True, slots=True)
class Phrases:
    """How people ask for neighbours, as regular expressions: the title follows. The weak ones count
    unless the whole text is a title; courtesies may follow the title."""

    like: str
    weak_like: str
    courtesies: str

    @classmethod
    def spoken(cls) -> Phrases:
        """Those of all languages together: people mix them."""
        translators = [translator(language) for language in languages()]
        return cls(
            like="|".join(t.plain("like.phrases") for t in translators),
            weak_like="|".join(t.plain("like.weak_phrases") for t in translators),
            courtesies="|".join(t.plain("like.courtesies") for t in translators),
        )


class Discover:
    """What takes a connection runs inside the caller's transaction; the rest reads by itself."""

    def __init__(self, database: Database, library: Library, taste: Taste, phrases: Phrases) -> None:
        self._database = database
        self._library = library
        self._taste = taste
        title = rf"\s*:?\s+(?P<title>.+?)(?:\s+(?:{phrases.courtesies}))?[?!.\s]*$"
        self._like = re.compile(rf"^(?:{phrases.like}){title}", re.IGNORECASE)
        self._weak_like = re.compile(rf"^(?:{phrases.weak_like}){title}", re.IGNORECASE)

    async def recommend(
        self,
        conn: AsyncConnection,
        person_id: int,
        at: datetime,
        parent: FilmList | None = None,
        filters: Filters | None = None,
        spared: Collection[int] = (),
    ) -> int:
        """Make a list of five; its id. Without `filters`, those that stay hold.

        What earlier pages showed never comes; what was shown lately steps back, except what is `spared`.
        """
        if filters is None:
            filters = await stored_filters.standing(conn, person_id)
        profile = await self._taste.of(conn, person_id)
        shown = await lists.recent(conn, person_id, at - _MEMORY, "recommend")
        penalties = _step_back({film: times for film, times in shown.items() if film not in spared}, at)
        pages = await _pages(conn, parent)
        picks = self._taste.recommend(profile, _PICKS, exclude=pages, penalties=penalties, filters=filters)
        fresh = await fresh_pick(
            conn,
            person_id,
            profile,
            at,
            self._library,
            self._taste,
            filters,
            pages | {pick.film.id for pick in picks},
        )
        if fresh is not None:
            picks = [*picks[: _PICKS - 1], fresh]
        list_id = await lists.create(
            conn, person_id, "recommend", _shown(picks, profile), at, parent_id=parent.id if parent else None
        )
        await stored_filters.keep_for_list(conn, list_id, filters)
        return list_id

    async def similar(
        self,
        conn: AsyncConnection,
        person_id: int,
        film_id: int,
        at: datetime,
        parent: FilmList | None = None,
        filters: Filters = NO_FILTERS,
    ) -> int:
        """Make a list of the ten films nearest to one; its id."""
        profile = await self._taste.of(conn, person_id)
        picks = self._taste.similar(
            profile, film_id, _NEIGHBOURS, exclude=await _pages(conn, parent), filters=filters
        )
        list_id = await lists.create(
            conn,
            person_id,
            "similar",
            _shown(picks, profile),
            at,
            seed_film_id=film_id,
            parent_id=parent.id if parent else None,
        )
        await stored_filters.keep_for_list(conn, list_id, filters)
        return list_id

    async def more(self, conn: AsyncConnection, person_id: int, list_id: int, at: datetime) -> int:
        """The next page of a list, made at the first tap on `More` and found again at the second; its id."""
        parent = await own_list(conn, person_id, list_id)
        following = await lists.child(conn, list_id)
        if following is not None:
            return following
        filters = await stored_filters.of_list(conn, list_id)
        if parent.kind == "similar" and parent.seed_film_id is not None:
            return await self.similar(conn, person_id, parent.seed_film_id, at, parent, filters)
        return await self.recommend(conn, person_id, at, parent, filters)

    async def refine(
        self, conn: AsyncConnection, person_id: int, list_id: int, filters: Filters, at: datetime
    ) -> int:
        """The list made anew with other filters; its id.

        What this list showed, and those it was made from, does not step back for it: it is one wish.
        """
        found = await own_list(conn, person_id, list_id)
        if found.kind == "similar" and found.seed_film_id is not None:
            return await self.similar(conn, person_id, found.seed_film_id, at, filters=filters)
        spared = await _versions(conn, found)
        return await self.recommend(conn, person_id, at, filters=filters, spared=spared)

    async def page(self, person_id: int, list_id: int) -> ListPage:
        """A list as it is to be shown now. Raises StaleButton for somebody else's."""
        async with self._database.read() as conn:
            return await self._page(conn, person_id, await own_list(conn, person_id, list_id))

    async def card(self, person_id: int, film_id: int, origin: Origin) -> Card:
        """One film as this person's card. Raises StaleButton for a film that is gone."""
        film = self._library.film(film_id)
        film_id = film.id
        async with self._database.read() as conn:
            profile = await self._taste.of(conn, person_id)
            on = await marks.on(conn, person_id, film_id)
            reason, kinship = await self._why(conn, person_id, film_id, origin)
        return Card(
            film=film,
            origin=origin,
            stars=profile.ratings.get(film_id),
            expected=self._taste.stars(profile, film_id),
            marks=frozenset(on),
            on_watchlist=film_id in profile.watchlist,
            muted=film_id in profile.muted,
            reason=reason,
            kinship=kinship,
        )

    async def expose(self, conn: AsyncConnection, person_id: int, film_id: int, at: datetime) -> None:
        """Remember that a film's card was shown."""
        self._library.film(film_id)
        await lists.expose(conn, person_id, film_id, "card", at)

    def wish(self, text: str) -> tuple[str, bool]:
        """The title in a free text, and whether it asks for what is like it ("more like heat")."""
        text = " ".join(text.split())
        match = self._like.match(text)
        if match is None and not self._library.find(text).clear:
            match = self._weak_like.match(text)
        return (match["title"].strip(" \"'“”"), True) if match else (text, False)

    async def _page(self, conn: AsyncConnection, person_id: int, found: FilmList) -> ListPage:
        stars = await ratings.of(conn, person_id)
        evidence = stars.keys() - await ratings.muted_of(conn, person_id)
        answers = self._library.informative(await genres.of(conn, person_id))
        wanted = await watchlist.of(conn, person_id)
        kinds = await marks.of(conn, person_id)
        liked = {genre for genre, value in answers.items() if value > 0}
        anonymous = not stars and not answers and not await shelves.of(conn, person_id)
        kinships = self._kinships(found)
        now = {item.film_id: self._library.film(item.film_id) for item in found.items}
        return ListPage(
            id=found.id,
            kind=found.kind,
            seed=self._library.film(found.seed_film_id) if found.seed_film_id is not None else None,
            parent_id=found.parent_id,
            items=tuple(
                ListItem(
                    position=item.position,
                    film=now[item.film_id],
                    stars=stars.get(now[item.film_id].id),
                    expected=item.stars,
                    reason=self._reason(item, evidence, liked, anonymous),
                    kinship=kinships.get(now[item.film_id].id),
                    on_watchlist=now[item.film_id].id in wanted,
                    marks=frozenset(kind for kind, films in kinds.items() if now[item.film_id].id in films),
                )
                for item in found.items
            ),
            anonymous=anonymous,
            filters=await stored_filters.of_list(conn, found.id),
        )

    def _kinships(self, found: FilmList) -> dict[int, Kinship]:
        if found.kind != "similar" or found.seed_film_id is None:
            return {}
        return self._taste.kinships(found.seed_film_id, [item.film_id for item in found.items])

    def _reason(self, item: Shown, evidence: Collection[int], liked: set[str], anonymous: bool) -> Reason:
        """Why a film was recommended. A rating that was taken back or muted since is no reason any more."""
        film = self._library.film(item.film_id)
        reason = item.reason_film_id
        because = reason if reason is not None and self._library.canonical_id(reason) in evidence else None
        return Reason(
            film=None if because is None else self._library.film(because),
            stars=None if because is None else item.reason_stars,
            genre=next((genre for genre in film.genres if genre in liked), None),
            anonymous=anonymous,
            fresh=item.score is None,
        )

    async def _why(
        self, conn: AsyncConnection, person_id: int, film_id: int, origin: Origin
    ) -> tuple[Reason | None, Kinship | None]:
        """Why the list that a card was opened from has the film; nothing without such a list."""
        found = await lists.get(conn, origin.ref) if origin.kind == "l" else None
        if found is None or found.person_id != person_id or found.kind == "search":
            return None, None
        page = await self._page(conn, person_id, found)
        item = next((item for item in page.items if item.film.id == film_id), None)
        if item is None or found.kind == "similar":
            return None, item.kinship if item else None
        return item.reason, None


def _shown(picks: Sequence[Pick], profile: Profile) -> list[Shown]:
    return [
        Shown(
            film_id=pick.film.id,
            position=position,
            stars=pick.stars,
            score=pick.score,
            reason_film_id=pick.because.id if pick.because else None,
            reason_stars=profile.ratings[pick.because.id] if pick.because else None,
        )
        for position, pick in enumerate(picks, start=1)
    ]


def _step_back(shown: Mapping[int, Sequence[datetime]], at: datetime) -> dict[int, float]:
    """Penalties by film: each showing adds one that halves every `_HALF_LIFE`."""
    return {
        film_id: sum(_STEP_BACK * 0.5 ** ((at - time) / _HALF_LIFE) for time in times)
        for film_id, times in shown.items()
    }


async def own_list(conn: AsyncConnection, person_id: int, list_id: int) -> FilmList:
    """A list of this person's. Raises StaleButton for somebody else's, or none."""
    found = await lists.get(conn, list_id)
    if found is None or found.person_id != person_id:
        raise StaleButton(f"no list {list_id} of person {person_id}")
    return found


async def _pages(conn: AsyncConnection, last: FilmList | None) -> set[int]:
    """Every film on a page and on those before it."""
    films: set[int] = set()
    while last is not None:
        films.update(item.film_id for item in last.items)
        last = await lists.get(conn, last.parent_id) if last.parent_id is not None else None
    return films


async def _versions(conn: AsyncConnection, last: FilmList | None) -> set[int]:
    """Every film on a page, on those before it, and on the lists that were narrowed or widened into it."""
    films: set[int] = set()
    while last is not None:
        films.update(item.film_id for item in last.items)
        before = last.parent_id or await stored_filters.made_from(conn, last.id)
        last = await lists.get(conn, before) if before is not None else None
    return films
