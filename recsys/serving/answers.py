"""A newcomer's answers, before the first rating, as a prior of their vector.

A ridge map from answers to people's vectors, learned on training people whose answers are simulated from what
they rated. (The mean of a genre's film vectors, the obvious bootstrap, is worth nothing.) Answers are liked
and disliked genres and picked shelves, each centred over all that there are, so that liking everything, or
disliking everything, says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from recsys.arrays import AnyArray, Doubles, Floats, Ints, Mask, Reals

_SHRINKAGE = 5  # ratings of a genre that weigh as much as having no opinion of it
_FLIPPED = 0.2  # share of answers that say the opposite (UMAP 2019: stated preferences are noisy)
DRAWS = 8  # simulated questionnaires per person
_MOST_LIKED, _MOST_DISLIKED = 6, 4  # genres named in one simulated questionnaire at most; at least one liked
_MOST_PICKED = 3  # shelves picked in one at most
_PICK_NOISE = 1.0  # deviation of what people make of a shelf from what their ratings make of it, in z


@dataclass(frozen=True, slots=True, eq=False)
class AnswerPrior:
    """`mean` (n_factors,) is the average person; `weights` (n_features, n_factors) what answers add."""

    mean: Floats
    weights: Floats

    def arrays(self) -> dict[str, AnyArray]:
        """What an artifact stores."""
        return {"mean": self.mean, "weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> AnswerPrior:
        """The inverse of `arrays`."""
        return cls(np.asarray(arrays["mean"], np.float32), np.asarray(arrays["weights"], np.float32))

    def beside(self, other: AnswerPrior) -> AnswerPrior:
        """One map to both vectors, end to end."""
        return AnswerPrior(np.concatenate([self.mean, other.mean]), np.hstack([self.weights, other.weights]))

    def first(self, n: int) -> AnswerPrior:
        """The map to the first `n` entries of the vectors."""
        return AnswerPrior(self.mean[:n], self.weights[:, :n])

    def turned(self, rotation: Doubles) -> AnswerPrior:
        """The same in another basis of the vectors: those of before times `rotation`."""
        return AnswerPrior(
            (self.mean @ rotation).astype(np.float32), (self.weights @ rotation).astype(np.float32)
        )

    def shift(self, features: Floats) -> Floats:
        """What answers add to the average person's vector; `features` (n_features,) of `answer_features`."""
        added: Floats = features @ self.weights
        return added


def answer_features(genres: Floats, shelves: Floats) -> Floats:
    """Answers (..., n_genres) in {-1, 0, 1} and picks (..., n_shelves), each centred, side by side."""
    return np.concatenate([_centred(genres), _centred(shelves)], axis=-1)


def simulate_features(genre_taste: Floats, shelf_taste: Floats, rng: np.random.Generator) -> Floats:
    """What people would answer in `DRAWS` questionnaires; shape (DRAWS, n_people, n_features).

    Of four in a row one asks for genres alone, and one for shelves alone.
    """
    draws = []
    for draw in range(DRAWS):
        genres, shelves = _questionnaire(genre_taste, rng), simulate_picks(shelf_taste, rng)
        draws.append(answer_features(genres * (draw % 4 != 3), shelves * (draw % 4 != 1)))
    return np.stack(draws)


def fit_answer_prior(vectors: Floats, features: Floats, *, ridge: float, strength: float) -> AnswerPrior:
    """The map from simulated answers (draws, n_people, n_features) to `vectors` (n_people, n_factors).

    `ridge` is in people: an answer that this many people give is believed by half. `strength` multiplies
    what an answer adds: the expected vector is the safest guess, but an order gains from a bolder one.
    """
    return fit_from_totals(lambda shares: shares @ vectors, features, ridge=ridge, strength=strength)


def fit_from_totals(
    total: Callable[[Doubles], Reals],
    features: Floats,
    *,
    ridge: float,
    strength: float,
) -> AnswerPrior:
    """The same where vectors are known by `total`: from shares (m, n_people) to shares @ vectors."""
    draws, n_people, n_features = features.shape
    X = features.reshape(draws * n_people, n_features).astype(np.float64)
    answers = features.sum(axis=0, dtype=np.float64).T
    totals = total(np.vstack([np.full((1, n_people), 1 / n_people), answers]))
    mean, sums = totals[0], totals[1:]
    gram = X.T @ X + ridge * draws * np.eye(n_features)
    weights = np.linalg.solve(gram, sums - np.outer(answers.sum(axis=1), mean))
    return AnswerPrior(mean.astype(np.float32), (strength * weights).astype(np.float32))


def genre_profiles(user_rows: Ints, movie_rows: Ints, values: Floats, genres: Mask, n_users: int) -> Doubles:
    """How much of what people rated has each genre, and how they rated it; shape (2, n_users, n_genres).

    First the share of their ratings, then the mean of those less their own mean, shrunk. `genres` is the
    genre matrix (n_films, n_genres).
    """
    counts = np.bincount(user_rows, minlength=n_users)
    means = np.bincount(user_rows, values, n_users) / np.maximum(counts, 1)
    surplus = values - means[user_rows]
    number, total = (np.zeros((n_users, genres.shape[1])) for _ in range(2))
    for column in range(genres.shape[1]):
        has = genres[movie_rows, column]
        number[:, column] = np.bincount(user_rows[has], minlength=n_users)
        total[:, column] = np.bincount(user_rows[has], surplus[has], n_users)
    return np.stack([number / np.maximum(counts, 1)[:, None], total / (number + _SHRINKAGE)])


def genre_taste(profiles: Doubles, among: Doubles) -> Floats:
    """How much people like each genre: z(share) + z(shrunk mean), z over the people of `among`."""
    deviation = among.std(axis=1, keepdims=True)
    z = (profiles - among.mean(axis=1, keepdims=True)) / np.where(deviation > 0, deviation, 1)
    taste: Floats = z.sum(axis=0).astype(np.float32)
    return taste


def simulate_answers(taste: Floats, rng: np.random.Generator, *, liked: int = 3, disliked: int = 2) -> Floats:
    """What people would answer: 1 to their best genres, -1 to the worst, some flipped; (people, n_genres)."""
    best = np.argsort(-taste, axis=1, kind="stable")
    answers = np.zeros(taste.shape, np.float32)
    np.put_along_axis(answers, best[:, :liked], 1, axis=1)
    if disliked:
        np.put_along_axis(answers, best[:, -disliked:], -1, axis=1)
    return np.where(rng.random(taste.shape) < _FLIPPED, -answers, answers)


def simulate_picks(taste: Floats, rng: np.random.Generator, *, picked: int | None = None) -> Floats:
    """Which shelves people would point at: 1 for those they like best, with noise; (people, n_shelves).

    `taste` is that of `genre_taste` for the shelves' cells; `picked` None draws how many.
    """
    n_shelves = taste.shape[1]
    number = int(rng.integers(1, _MOST_PICKED + 1)) if picked is None else picked
    liked = taste + _PICK_NOISE * rng.standard_normal(taste.shape)
    best = np.argsort(-liked, axis=1, kind="stable")[:, : min(number, n_shelves)]
    picks = np.zeros(taste.shape, np.float32)
    np.put_along_axis(picks, best, 1, axis=1)
    return picks


def _questionnaire(taste: Floats, rng: np.random.Generator) -> Floats:
    """One simulated questionnaire for everybody; how many genres people name varies."""
    n_genres = taste.shape[1]
    liked = int(rng.integers(min(1, n_genres), min(_MOST_LIKED, n_genres) + 1))
    disliked = int(rng.integers(0, min(_MOST_DISLIKED, n_genres - liked) + 1))
    return simulate_answers(taste, rng, liked=liked, disliked=disliked)


def _centred(answers: Floats) -> Floats:
    """Answers less their mean; shape (..., n), of genres or shelves."""
    return answers - answers.mean(axis=-1, keepdims=True) if answers.size else answers
