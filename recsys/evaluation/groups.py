"""Does a slate serve a group? Held-out people in groups, one night and five in a row.

Groups of 2, 4 and 8 are drawn from people who were not in training: at random, alike, and unlike each other
(the most and the least correlated of several draws). A night offers a slate of nine films that none of them
has in their history; how well it serves a member is the NDCG of what they liked of the rest. Then everybody
votes for the films of the slate that are more to them than its mean, the film with the most votes is watched
(ties: the higher place), and the next night offers other films.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles, Ints
from recsys.evaluation.metrics import ndcg
from recsys.evaluation.results import Scores
from recsys.evaluation.splits import HeldOutPerson
from recsys.evaluation.trial import Trial
from recsys.recommender import Recommender
from recsys.serving.groups import STRATEGIES, fairness_weights
from recsys.serving.replies import User

_SIZES = (2, 4, 8)
_KINDS = ("random", "similar", "divergent")
_GROUPS = 20  # of each size and kind
_DRAWS = 30  # of which the most or least alike are taken
_NIGHTS = 5
_SLATE = 9


@dataclass(frozen=True, slots=True)
class _Nights:
    """Rows are nights, columns members: NDCG of the slate, and satisfaction with the film watched."""

    ndcg: Doubles
    watched: Doubles


def groups(trial: Trial) -> Scores:
    """Each strategy and popularity, on the same groups; satisfaction is Recommender.satisfaction."""
    recommender, people = trial.strangers.recommender, trial.strangers.people
    users = [recommender.fold_in(person.history) for person in people]
    taste = recommender.satisfaction(users, recommender.catalog.movie_ids)
    alike = np.corrcoef(np.log(taste))
    scores: Scores = {}
    for size in _SIZES:
        for kind in _KINDS:
            drawn = _draw(alike, size, kind, trial.config.seed)
            for method in ("popularity", *STRATEGIES):
                nights = [_nights(recommender, [people[at] for at in group], method) for group in drawn]
                for metric, value in _summary(nights).items():
                    scores[f"groups of {size}, {kind}", method, metric] = value
    return scores


def _draw(alike: Doubles, size: int, kind: str, seed: int) -> list[Ints]:
    rng = np.random.default_rng([seed, size, _KINDS.index(kind)])
    size = min(size, len(alike))
    pairs = np.triu_indices(size, 1)

    def one() -> Ints:
        if kind == "random":
            return rng.choice(len(alike), size, replace=False)
        draws = [rng.choice(len(alike), size, replace=False) for _ in range(_DRAWS)]
        likeness = [alike[np.ix_(draw, draw)][pairs].mean() for draw in draws]
        return draws[int(np.argmax(likeness) if kind == "similar" else np.argmin(likeness))]

    return [one() for _ in range(_GROUPS)]


def _nights(recommender: Recommender, group: Sequence[HeldOutPerson], method: str) -> _Nights:
    users = [recommender.fold_in(person.history) for person in group]
    seen = set[int]().union(*(person.history for person in group))
    offered = set(seen)
    likes = [person.relevant - seen for person in group]
    found, watched = [], np.zeros((0, len(group)))
    for _ in range(_NIGHTS):
        satisfied = watched.mean(axis=0).tolist() if len(watched) else [None] * len(group)
        films = _slate(recommender, users, offered, method, satisfied)
        utility = recommender.satisfaction(users, films).astype(np.float64)
        votes = (utility >= utility.mean(axis=1, keepdims=True)).sum(axis=0)
        watched = np.vstack([watched, utility[:, int(votes.argmax())]])
        found.append([ndcg(films, liked, _SLATE) if liked else np.nan for liked in likes])
        offered |= set(films)
    return _Nights(np.array(found), watched)


def _slate(
    recommender: Recommender,
    users: Sequence[User],
    offered: set[int],
    method: str,
    satisfied: Sequence[float | None],
) -> list[int]:
    if method == "popularity":
        order = recommender.catalog.movie_ids[np.argsort(-recommender.popularity, kind="stable")]
        return [int(movie_id) for movie_id in order if int(movie_id) not in offered][:_SLATE]
    strategy = next(each for each in STRATEGIES if each == method)
    weights = fairness_weights(satisfied) if strategy == "fair" else None
    return [
        each.movie_id
        for each in recommender.group(users, n=_SLATE, exclude=offered, weights=weights, strategy=strategy)
    ]


def _summary(nights: Sequence[_Nights]) -> dict[str, float]:
    """Means over groups; members who liked nothing that can be offered are left out of NDCG."""
    first = [each.ndcg[0] for each in nights if np.isfinite(each.ndcg[0]).any()]
    row = [each.ndcg.mean(axis=0) for each in nights if np.isfinite(each.ndcg[0]).any()]
    watched = [each.watched.mean(axis=0) for each in nights]
    return {
        "NDCG@9, mean": float(np.mean([np.nanmean(each) for each in first])),
        "NDCG@9, least": float(np.mean([np.nanmin(each) for each in first])),
        "five nights NDCG@9, mean": float(np.mean([np.nanmean(each) for each in row])),
        "five nights NDCG@9, least": float(np.mean([np.nanmin(each) for each in row])),
        "five nights watched, mean": float(np.mean([each.mean() for each in watched])),
        "five nights watched, least": float(np.mean([each.min() for each in watched])),
    }
