"""What is asked of the recommender: lists, groups, guesses and questions for a profile, in our ids of films.

`profiles` says who asks, `library` which film is which, `serving` which model answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from bot.films.library import EARLIEST_DECADE, Library
from bot.films.profiles import Profile, read_profile
from bot.films.reasons import Kinship
from bot.process.metrics import Metrics
from recsys.data.narrowing import Years
from recsys.recommender import Recommender
from recsys.serving.groups import Strategy
from storage.database import AsyncConnection
from storage.films.films import Film
from storage.people.filters import NO_FILTERS, Fame, Filters

# Bands of recsys' popularity quantiles: the films that get half of all ratings; and those of the lowest
# third without the very rarest, of which too little is known. On ml-latest-small: 665 films with 36 ratings
# or more, and 2,551 with 4 to 15.
_BANDS: Mapping[Fame, tuple[float, float] | None] = {"known": (0.5, 1.0), "any": None, "deep": (0.1, 0.3)}


@dataclass(frozen=True, slots=True)
class Guess:
    """A film with the stars that a person would give it, and how sure that is (a standard deviation)."""

    film: Film
    stars: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Pick:
    """A film for a person: its score, its expected stars, and which film of theirs it is for (None
    where no single one stands out). Without a score it is shown so that it can earn ratings."""

    film: Film
    score: float | None
    stars: float | None
    because: Film | None = None


class _Narrowed(TypedDict):
    """The arguments by which recsys narrows what it returns."""

    genres: Collection[str] | None
    without: Collection[str]
    years: Years | None
    popularity: tuple[float, float] | None


class Taste:
    """Folds a person in on every call: it takes less time than keeping a cache honest.

    The model may be swapped between any two calls: a profile moves with it.
    """

    def __init__(self, recommender: Recommender, library: Library, metrics: Metrics) -> None:
        self._recommender = recommender
        self._library = library
        self._metrics = metrics

    @property
    def recommender(self) -> Recommender:
        """The model in use, with all films that the library knows."""
        return self._recommender

    def swap(self, recommender: Recommender) -> None:
        """Answer from another model from now on; the library knows its films already."""
        self._recommender = recommender

    async def of(self, conn: AsyncConnection, person_id: int) -> Profile:
        """A person as they are now, who goes with the model from then on."""
        return await read_profile(conn, person_id, self._library, lambda: self._recommender, self._metrics)

    def recommend(
        self,
        profile: Profile,
        n: int,
        exclude: Iterable[int],
        penalties: Mapping[int, float],
        filters: Filters = NO_FILTERS,
    ) -> list[Pick]:
        """The best n films for a person that pass `filters`, best first, without what they are done with and
        `exclude`.

        `penalties` hold films back, in standard deviations of this person's scores.
        """
        recommender, library, user = self._recommender, self._library, profile.user
        with self._metrics.ranking.labels("recommend").time():
            found = recommender.recommend(
                user,
                n=n,
                exclude=[*library.movie_ids(profile.done_with.union(exclude)), *library.hidden],
                penalties={
                    movie_id: penalty
                    for film_id, penalty in penalties.items()
                    if (movie_id := library.movie_id(film_id)) is not None
                },
                **self._narrowed(filters),
            )
        picks = []
        for item in found:
            reason = recommender.explain(user, item.movie_id)
            picks.append(
                Pick(
                    film=library.film(library.film_id(item.movie_id)),
                    score=item.score,
                    stars=item.stars,
                    because=None if reason is None else library.film(library.film_id(reason)),
                )
            )
        return picks

    def group(
        self,
        profiles: Sequence[Profile],
        n: int,
        exclude: Iterable[int],
        *,
        strategy: Strategy = "average",
        weights: Sequence[float] | None = None,
        filters: Filters = NO_FILTERS,
        spare_seen: bool = True,
    ) -> list[Film]:
        """The best n films for these people together, best first, unlike each other.

        Left out are `exclude`, what anybody refused, and where `spare_seen` says so what anybody has seen.
        Whoever said nothing yet counts as the others do on average: they change nothing, unless nobody else
        is there. `weights` are one for each profile.
        """
        shares = [1.0] * len(profiles) if weights is None else weights
        known = [
            (profile, weight) for profile, weight in zip(profiles, shares, strict=True) if profile.is_known
        ]
        users = [profile.user for profile, _ in known] or [self._recommender.fold_in()]
        hidden = set(exclude).union(*(profile.refused for profile in profiles))
        if spare_seen:
            hidden.update(*(profile.seen | profile.ratings.keys() for profile in profiles))
        narrowed = self._narrowed(filters)
        with self._metrics.ranking.labels("group").time():
            found = self._recommender.group(
                users,
                n=n,
                exclude=[*self._library.movie_ids(hidden), *self._library.hidden],
                weights=[weight for _, weight in known] or None,
                strategy=strategy,
                genres=narrowed["genres"],
                years=narrowed["years"],
            )
        return [self._library.film(self._library.film_id(item.movie_id)) for item in found]

    def satisfaction(self, profile: Profile, film_id: int) -> float | None:
        """What a film is to a person, in (0, 1], 1 for the best they have not rated; None if unknown."""
        movie_id = self._library.movie_id(film_id)
        if movie_id is None:
            return None
        return float(self._recommender.satisfaction([profile.user], [movie_id])[0, 0])

    def because(self, profile: Profile, film_id: int) -> Film | None:
        """The film this person liked that speaks most for another one, None where no single one does."""
        movie_id = self._library.movie_id(film_id)
        if movie_id is None:
            return None
        reason = self._recommender.explain(profile.user, movie_id)
        return None if reason is None else self._library.film(self._library.film_id(reason))

    def similar(
        self,
        profile: Profile,
        film_id: int,
        n: int,
        exclude: Iterable[int],
        filters: Filters = NO_FILTERS,
    ) -> list[Pick]:
        """The n films nearest to one that pass `filters`, nearest first, without what the person is done with
        and `exclude`."""
        movie_id = self._library.movie_id(film_id)
        if movie_id is None:
            return []
        hidden = [*self._library.movie_ids(profile.done_with.union(exclude)), *self._library.hidden]
        with self._metrics.ranking.labels("similar").time():
            nearest = self._recommender.similar([movie_id], n=n, exclude=hidden, **self._narrowed(filters))
        stars, _ = self._recommender.predict_for(profile.user, [item.movie_id for item in nearest])
        return [
            Pick(self._library.film(self._library.film_id(item.movie_id)), item.similarity, float(expected))
            for item, expected in zip(nearest, stars, strict=True)
        ]

    def kinships(self, film_id: int, others: Iterable[int]) -> dict[int, Kinship]:
        """What makes each of `others` like this film; those that the model does not know are left out, and
        those that have nothing in common with it."""
        seed = self._library.movie_id(film_id)
        if seed is None:
            return {}
        compared = self._recommender.compare([seed], self._library.movie_ids(others))
        return {
            self._library.film_id(each.movie_id): Kinship(each.because, each.shared_genres)
            for each in compared
            if each.because is not None
        }

    def nearest(self, film_id: int, n: int) -> list[Film]:
        """The n films nearest to one, for anybody; none for a film that the model does not know."""
        movie_id = self._library.movie_id(film_id)
        if movie_id is None:
            return []
        found = self._recommender.similar([movie_id], n=n, exclude=self._library.hidden)
        return [self._library.film(self._library.film_id(item.movie_id)) for item in found]

    def next_question(self, profile: Profile, exclude: Iterable[int]) -> int | None:
        """The film most worth asking about next, None when there is none left."""
        found = self.next_questions(profile, 1, exclude)
        return found[0] if found else None

    def next_questions(self, profile: Profile, n: int, exclude: Iterable[int] = ()) -> list[int]:
        """The n films most worth asking about, best first; fewer when few are left."""
        asked = profile.done_with | profile.watchlist | set(exclude)
        movie_ids = self._library.movie_ids
        found = self._recommender.next_questions(
            profile.user,
            n=n,
            exclude=[*movie_ids(asked), *self._library.hidden],
            unseen=movie_ids(profile.unseen),
        )
        return [self._library.film_id(movie_id) for movie_id in found]

    def shelves(self) -> list[tuple[int, ...]]:
        """Shelves of a few films each, to ask "which is yours?"; as film ids."""
        found = self._recommender.shelves()
        return [tuple(self._library.film_ids(each.movie_ids)) for each in found]

    def guesses(self, profile: Profile, film_ids: Iterable[int]) -> list[Guess]:
        """What this person would give these films; those that the model does not know are left out."""
        known = [film_id for film_id in film_ids if self._library.movie_id(film_id) is not None]
        means, deviations = self._recommender.predict_for(profile.user, self._library.movie_ids(known))
        return [
            Guess(self._library.film(film_id), float(mean), float(deviation))
            for film_id, mean, deviation in zip(known, means, deviations, strict=True)
        ]

    def typical(self, film_ids: Iterable[int]) -> dict[int, float]:
        """What people give these films on the whole; those that the model does not know are left out."""
        known = [film_id for film_id in film_ids if self._library.movie_id(film_id) is not None]
        stars = self._recommender.typical_stars(self._library.movie_ids(known))
        return dict(zip(known, map(float, stars), strict=True))

    def stars(self, profile: Profile, film_id: int) -> float | None:
        """How many stars this person would give a film; None for a film that the model does not know."""
        movie_id = self._library.movie_id(film_id)
        if movie_id is None:
            return None
        mean, _ = self._recommender.predict_for(profile.user, [movie_id])
        return float(mean[0])

    def _narrowed(self, filters: Filters) -> _Narrowed:
        """Filters in recsys' words; genres that this data set does not have are passed over."""
        known = set(self._library.genres)
        return {
            "genres": known.intersection(filters.genres) or None,
            "without": known.intersection(filters.without),
            "years": [_span(decade) for decade in filters.decades] or None,
            "popularity": _BANDS[filters.fame],
        }


def _span(decade: int) -> tuple[int, int]:
    return (0 if decade == EARLIEST_DECADE else decade), decade + 9
