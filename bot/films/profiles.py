"""A person as storage knows them, folded into the model that serves: whom `taste` answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.films.library import Library
from bot.process.metrics import Metrics
from recsys.recommender import Recommender
from recsys.serving.replies import User
from storage.database import AsyncConnection
from storage.people import genres, marks, ratings, shelves, watchlist


class _FoldIn:
    """What a person said, in the model's ids, and the user that follows from it: anew after a swap."""

    def __init__(
        self,
        serving: Callable[[], Recommender],
        ratings: Mapping[int, float],
        genres: Mapping[str, int],
        shelves: Sequence[Sequence[int]],
        metrics: Metrics,
    ) -> None:
        self._serving = serving
        self._metrics = metrics
        self._ratings = ratings
        self._genres = genres
        self._shelves = shelves
        self._folded: tuple[Recommender, User] | None = None

    def user(self) -> User:
        """The user of the recommender that serves now."""
        recommender = self._serving()
        if self._folded is None or self._folded[0] is not recommender:
            with self._metrics.fold_in.time():
                user = recommender.fold_in(self._ratings, self._genres, self._shelves)
            self._folded = recommender, user
        return self._folded[1]


@dataclass(frozen=True, slots=True)
class Profile:
    """One person as they are now. Film ids are ours; `genres` are answers in {-1, +1}.

    `muted` are those of the rated films that are no evidence of taste: `user` knows nothing of them.
    """

    fold_in: _FoldIn
    ratings: Mapping[int, float]
    muted: frozenset[int]
    genres: Mapping[str, int]
    seen: frozenset[int]
    refused: frozenset[int]
    unseen: frozenset[int]
    watchlist: frozenset[int]

    @property
    def user(self) -> User:
        """This person in the model that serves now."""
        return self.fold_in.user()

    @property
    def done_with(self) -> frozenset[int]:
        """What must never be recommended: rated, seen or refused."""
        return self.seen | self.refused | self.ratings.keys()

    @property
    def is_known(self) -> bool:
        """Whether they said anything of their taste."""
        return bool(self.ratings.keys() - self.muted or self.genres)


async def read_profile(
    conn: AsyncConnection,
    person_id: int,
    library: Library,
    serving: Callable[[], Recommender],
    metrics: Metrics,
) -> Profile:
    """Everything that a person has said, and the user that follows from it in the model of `serving`."""
    stars = await ratings.of(conn, person_id)
    muted = await ratings.muted_of(conn, person_id)
    answers = await genres.of(conn, person_id)
    kinds = await marks.of(conn, person_id)
    picks = await shelves.of(conn, person_id)
    known = {library.movie_id(film_id): value for film_id, value in stars.items() if film_id not in muted}
    fold_in = _FoldIn(
        serving,
        {movie_id: value for movie_id, value in known.items() if movie_id is not None},
        {genre: value for genre, value in answers.items() if genre in library.genres},
        [library.movie_ids(films) for films in picks],
        metrics,
    )
    return Profile(
        fold_in=fold_in,
        ratings=stars,
        muted=frozenset(muted),
        genres=answers,
        seen=frozenset(kinds["seen"]),
        refused=frozenset(kinds["refused"]),
        unseen=frozenset(kinds["unseen"]),
        watchlist=frozenset(await watchlist.of(conn, person_id)),
    )
