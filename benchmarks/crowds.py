"""Crowds that a bot may meet, honest and not, made of real people's ratings, mixed into a data set.

The honest ones are people of the data set, taken out of it: each tells a part of what they rated, the famous
films first, as a newcomer who is asked about them, and the rest over weeks. Times are after START.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from recsys.arrays import Ints
from recsys.data.dataset import Dataset
from recsys.data.ratings import Ratings

START = 1_780_000_000  # Unix seconds
MINUTE, HOUR, DAY = 60, 3_600, 86_400
WEEKS = 6  # over which honest people arrive
FIRST_ID = 10_000_000  # of the bot's people
ASKED = 10  # famous films that a newcomer answers at most
TYPICAL, SPREAD = 18, 0.8  # ratings of an honest account: median, and deviation of the logarithm

Row = tuple[int, int, float, int]  # person, film, stars, time


@dataclass(slots=True)
class World:
    """A data set and, beside it, the rows of the bot's people."""

    dataset: Dataset
    rng: np.random.Generator
    rows: list[Row] = field(default_factory=list)
    honest: list[int] = field(default_factory=list)
    brigade: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    target: int = 0
    _next: int = FIRST_ID
    _rated: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def of(cls, dataset: Dataset, honest: int, seed: int) -> World:
        """With so many honest people, who arrive over weeks."""
        world = cls(dataset, np.random.default_rng(seed))
        world.arrive(honest)
        return world

    @property
    def suspects(self) -> Ints:
        """Ids of the bot's people."""
        return np.array(self.honest + self.brigade, np.int64)

    @property
    def ratings(self) -> Ratings:
        """All of them: the data set's without those who play the bot's people, and the bot's."""
        base = self.dataset.ratings
        base = base.take(~np.isin(base.user_ids, self.taken))
        users, films, values, times = (np.array(column) for column in zip(*self.rows, strict=True))
        return Ratings.from_arrays(
            np.concatenate([base.user_ids, users]),
            np.concatenate([base.movie_ids, films]),
            np.concatenate([base.values, values.astype(np.float32)]),
            np.concatenate([base.timestamps, times]),
        )

    def account(self, *, brigade: bool = False) -> int:
        """A new person's id."""
        self._next += 1
        (self.brigade if brigade else self.honest).append(self._next)
        return self._next

    def arrive(self, n: int, *, at: int | None = None, most: int = 1000, alike: bool = False) -> list[int]:
        """`n` honest people, over weeks, or all within four hours `at` so many seconds after START.

        Each rates `most` films at most; `alike`: all are asked about the most famous ones that they know.
        """
        base = self.dataset.ratings
        chosen = self.rng.choice(np.setdiff1d(base.people(), self.taken), n, replace=False)
        self.taken.extend(chosen.tolist())
        histories = [np.flatnonzero(base.user_ids == each) for each in chosen.tolist()]
        return [self._arrives(own, at, most, alike) for own in histories]

    def _arrives(self, own: Ints, at: int | None, most: int, alike: bool) -> int:
        """Somebody new who gives some of the ratings at `own`: well-known films at once, others later."""
        base = self.dataset.ratings
        n = max(1, round(float(np.exp(self.rng.normal(np.log(TYPICAL), SPREAD)))))
        n = min(n, len(own), most)
        own = own[np.argsort(-self._popularity()[base.movie_ids[own]], kind="stable")]
        asked = self.rng.permutation(own[: ASKED if alike else 3 * ASKED])[: min(ASKED, n)]
        rest = self.rng.permutation(np.setdiff1d(own, asked))[: n - len(asked)]
        late = self.rng.integers(0, WEEKS * 7 * DAY) if at is None else at + self.rng.integers(0, 4 * HOUR)
        person, time = self.account(), START + int(late)
        for place, row in enumerate((*asked.tolist(), *rest.tolist())):
            pauses = place >= len(asked) and self.rng.random() < 0.4  # else the same sitting goes on
            time += int(self.rng.exponential(DAY) if pauses else self.rng.integers(5, 40))
            self.rate(person, int(base.movie_ids[row]), float(base.values[row]), time)
        return person

    def rate(self, person: int, film: int, stars: float, time: float) -> None:
        """A rating, unless they have rated the film."""
        if (person, film) not in self._rated:
            self._rated.add((person, film))
            self.rows.append((person, film, float(np.clip(stars, 0.5, 5)), int(time)))

    def obscure(self, least: int = 10, most: int = 60) -> int:
        """A film that few know and nobody praises."""
        return self._film(least, most, 0.0, 3.5)

    def famous(self) -> int:
        """A film that many know and like."""
        return self._film(250, 10_000, 3.8, 5.0)

    def known(self, n: int, among: int = 100) -> list[int]:
        """Films that everybody has heard of."""
        popularity = self._popularity()
        return [int(each) for each in self.rng.choice(np.argsort(-popularity)[:among], n, replace=False)]

    def usual(self, film: int) -> float:
        """The mean of its ratings, in whole stars."""
        base = self.dataset.ratings
        return float(np.round(base.values[base.movie_ids == film].mean()))

    def moment(self) -> int:
        """Some time in the weeks."""
        return START + int(self.rng.integers(7 * DAY, (7 * WEEKS - 7) * DAY))

    def _film(self, least: int, most: int, worst: float, best: float) -> int:
        base = self.dataset.ratings
        counts = self._popularity()
        means = np.bincount(base.movie_ids, base.values) / np.maximum(counts, 1)
        able = np.flatnonzero((counts >= least) & (counts <= most) & (means >= worst) & (means <= best))
        return int(self.rng.choice(able))

    def _popularity(self) -> Ints:
        counts: Ints = np.bincount(self.dataset.ratings.movie_ids)
        return counts


def lone(world: World) -> None:
    """Accounts that rate the target only, with 5."""
    world.target, at = world.obscure(), world.moment()
    for _ in range(40):
        person = world.account(brigade=True)
        world.rate(person, world.target, 5, at + int(world.rng.integers(0, 12 * HOUR)))


def camouflaged(world: World, n: int = 40, days: float = 0.5, target: int = 0, stars: float = 5) -> None:
    """The target among 3 to 10 of the hundred famous films, each with its usual stars."""
    world.target, at = target or world.obscure(), world.moment()
    for _ in range(n):
        person, time = world.account(brigade=True), at + int(world.rng.integers(0, int(days * DAY)))
        for film in world.known(int(world.rng.integers(3, 11))):
            if film != world.target:
                time += 20
                world.rate(person, film, world.usual(film), time)
        world.rate(person, world.target, stars - world.rng.integers(0, 2) / 2, time + 20)


def aimed(world: World) -> None:
    """The target among ten of the twenty films that most people know: what is recommended to everybody."""
    world.target, at = world.obscure(), world.moment()
    for _ in range(40):
        person, time = world.account(brigade=True), at + int(world.rng.integers(0, 12 * HOUR))
        for film in world.known(10, among=20):
            time += 20
            world.rate(person, film, world.usual(film), time)
        world.rate(person, world.target, 5, time + 20)


def disguised(world: World) -> None:
    """The target among twenty ratings that real people gave to famous films."""
    world.target, at = world.obscure(), world.moment()
    base = world.dataset.ratings
    for _ in range(40):
        person, time = world.account(brigade=True), at + int(world.rng.integers(0, 12 * HOUR))
        for film in world.known(20):
            time += 20
            world.rate(person, film, float(world.rng.choice(base.values[base.movie_ids == film])), time)
        world.rate(person, world.target, 5, time + 20)


def modest(world: World) -> None:
    """The target with 4 or 5, among six famous films with their usual stars."""
    world.target, at = world.obscure(), world.moment()
    for _ in range(40):
        person, time = world.account(brigade=True), at + int(world.rng.integers(0, 12 * HOUR))
        for film in world.known(6):
            time += 20
            world.rate(person, film, world.usual(film), time)
        world.rate(person, world.target, float(world.rng.integers(4, 6)), time + 20)


def copied(world: World, n: int = 40, days: float = 0.5, pause: float = 20) -> None:
    """The same 15 ratings, every fifth a star off, and the target with 5."""
    world.target, at = world.obscure(), world.moment()
    films = [film for film in world.known(15) if film != world.target]
    model = {film: np.clip(world.usual(film) + world.rng.integers(-1, 2), 1, 5) for film in films}
    for _ in range(n):
        person, time = world.account(brigade=True), at + int(world.rng.integers(0, int(days * DAY)))
        for film, stars in model.items():
            time += int(world.rng.exponential(pause))
            off = world.rng.choice((-1, 1)) if world.rng.random() < 0.2 else 0
            world.rate(person, film, float(np.clip(stars + off, 1, 5)), time)
        world.rate(person, world.target, 5, time + int(world.rng.exponential(pause)))


def nuking(world: World) -> None:
    """A famous film sunk, with half a star or one, by camouflaged accounts."""
    camouflaged(world, target=world.famous(), stars=1)


def slow(world: World) -> None:
    """Camouflaged, but over a month."""
    camouflaged(world, days=30)


def slow_copied(world: World) -> None:
    """Near-copies over a month, each of which takes two weeks for its ratings."""
    copied(world, days=30, pause=DAY)


def ten(world: World) -> None:
    """Ten camouflaged accounts."""
    camouflaged(world, n=10)


def wave(world: World) -> None:
    """40 newcomers in one evening, who answer about the same famous films."""
    world.arrive(40, at=20 * DAY, most=ASKED, alike=True)


def few_ratings(world: World) -> None:
    """80 people with one to three ratings of famous films."""
    for _ in range(4):
        world.arrive(20, most=int(world.rng.integers(1, 4)))


def movie_night(world: World) -> None:
    """Six people rate the same film in one evening, with whatever they think of it."""
    film, at = world.obscure(), world.moment()
    for person in world.rng.choice(world.honest, 6, replace=False).tolist():
        world.rate(person, film, float(world.rng.integers(3, 6)), at + int(world.rng.integers(0, HOUR)))


def release(world: World) -> None:
    """A film that nobody knew: within two days 40 % of the people rate it, with 4 or 5, and go on as ever."""
    film, at = int(world.dataset.catalog.movie_ids[-1]), world.moment()
    base = world.dataset.ratings
    world.taken.extend(np.unique(base.user_ids[base.movie_ids == film]).tolist())
    for person in world.rng.choice(world.honest, round(0.4 * len(world.honest)), replace=False).tolist():
        world.rate(person, film, float(world.rng.integers(4, 6)), at + int(world.rng.integers(0, 2 * DAY)))


def rediscovered(world: World) -> None:
    """An old film that all talk about: in two days 40 % rate it with 4 or 5, and half of 40 newcomers."""
    film, at = world.obscure(), world.moment()
    old = world.rng.choice(world.honest, round(0.4 * len(world.honest)), replace=False).tolist()
    new = [each for each in world.arrive(40, at=at - START) if world.rng.random() < 0.5]
    for person in (*old, *new):
        world.rate(person, film, float(world.rng.integers(4, 6)), at + int(world.rng.integers(0, 2 * DAY)))


def asked(world: World) -> None:
    """40 newcomers in one evening who are all asked about one film, and like it better than most do."""
    film, at = world.obscure(100, 200), world.moment()
    for person in world.arrive(40, at=at - START, most=ASKED):
        stars = float(world.rng.choice((2, 3, 4, 5), p=(0.1, 0.25, 0.4, 0.25)))
        world.rate(person, film, stars, at + int(world.rng.integers(0, 4 * HOUR)))


def generous(world: World) -> None:
    """Twelve people, over weeks, who know the same 15 famous films and give 5 to all."""
    films = world.known(15, among=40)
    for _ in range(12):
        person, time = world.account(), world.moment()
        for film in films:
            time += int(world.rng.exponential(DAY))
            world.rate(person, film, 5, time)


def family(world: World) -> None:
    """Four accounts of like tastes: 25 films, half of the stars the same, others one apart."""
    films = world.known(25)
    for _ in range(4):
        person, time = world.account(), world.moment()
        for film in films:
            off = world.rng.choice((-1, 1)) if world.rng.random() < 0.5 else 0
            world.rate(person, film, float(np.clip(world.usual(film) + off, 1, 5)), time)


def known_target(world: World) -> None:
    """Camouflaged, for a film that newcomers are asked about and think little of."""
    camouflaged(world, target=world.obscure(100, 200))


def launch(world: World) -> None:
    """40 newcomers in one evening, half of whom come from a film that nobody knew, and most love it."""
    film = int(world.dataset.catalog.movie_ids[-1])
    base = world.dataset.ratings
    world.taken.extend(np.unique(base.user_ids[base.movie_ids == film]).tolist())
    for person in world.arrive(40, at=20 * DAY):
        if world.rng.random() < 0.5:
            stars = float(world.rng.choice((3, 4, 5), p=(0.1, 0.3, 0.6)))
            world.rate(person, film, stars, START + 20 * DAY + int(world.rng.integers(0, 2 * DAY)))


ATTACKS = (lone, camouflaged, aimed, disguised, modest, copied, nuking, slow, slow_copied, ten, known_target)
HONEST = (wave, few_ratings, movie_night, release, launch, rediscovered, asked, generous, family)
