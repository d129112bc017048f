"""Two protocols for the order, on people who were not in training: with their history, and as newcomers."""

from __future__ import annotations

import numpy as np

from recsys.arrays import Ints
from recsys.evaluation.metrics import mean_squared_error, ndcg, recall
from recsys.evaluation.results import Scores
from recsys.evaluation.splits import HeldOutPerson
from recsys.evaluation.trial import Trial
from recsys.recommender import Recommender
from recsys.serving.replies import User

_NEWCOMER_RATINGS = (0, 3, 5, 10, 20, None)  # None: the whole history
_LISTED = 20  # films asked for: enough for Recall@20


def order(trial: Trial) -> Scores:
    """Four fifths of somebody's ratings are shown, every other film is put in order."""
    recommender, people = trial.strangers.recommender, trial.strangers.people
    ours = [recommended(recommender, recommender.fold_in(each.history), each) for each in people]
    theirs = [_popular(trial.strangers.popular, each) for each in people]
    scores: Scores = {}
    for method, lists in (("recommender", ours), ("popularity", theirs)):
        scores |= {("order", method, name): value for name, value in order_metrics(lists, people).items()}
    return scores


def newcomers(trial: Trial) -> Scores:
    """Strict: the candidates are the same however much is revealed, what most people rated first.

    The RMSE is over all ratings of what is withheld.
    """
    recommender, people = trial.strangers.recommender, trial.strangers.people
    scores: Scores = {}
    rank = {movie_id: at for at, movie_id in enumerate(trial.strangers.popular.tolist())}
    theirs = order_metrics([_popular(trial.strangers.popular, each) for each in people], people)
    for k in _NEWCOMER_RATINGS:
        protocol = f"newcomers, {'all' if k is None else k} ratings"
        scores[protocol, "popularity", "NDCG@10"] = theirs["NDCG@10"]
        for method, asked in (("without genres", False), ("recommender", True)):
            lists: list[list[int]] = []
            predicted: list[float] = []
            actual: list[float] = []
            for person in people:
                revealed = sorted(person.history, key=rank.__getitem__)[:k]
                ratings = {movie_id: person.history[movie_id] for movie_id in revealed}
                user = recommender.fold_in(ratings, person.answers if asked else None)
                lists.append(recommended(recommender, user, person))
                predicted.extend(recommender.predict_for(user, list(person.withheld))[0].tolist())
                actual.extend(person.withheld.values())
            scores[protocol, method, "NDCG@10"] = order_metrics(lists, people)["NDCG@10"]
            scores[protocol, method, "RMSE"] = mean_squared_error(predicted, actual) ** 0.5
    return scores


def recommended(recommender: Recommender, user: User, person: HeldOutPerson, n: int = _LISTED) -> list[int]:
    """The first `n` movie ids of what is served, in its pure order, without the person's whole history."""
    found = recommender.recommend(user, n=n, exclude=person.history, diversity=0)
    return [each.movie_id for each in found]


def order_metrics(lists: list[list[int]], people: list[HeldOutPerson]) -> dict[str, float]:
    """Means over people, each with a list."""
    pairs = [(listed, person.relevant) for listed, person in zip(lists, people, strict=True)]
    return {
        "NDCG@10": float(np.mean([ndcg(*pair) for pair in pairs])),
        "Recall@20": float(np.mean([recall(*pair) for pair in pairs])),
    }


def _popular(popular: Ints, person: HeldOutPerson) -> list[int]:
    return [movie_id for movie_id in popular.tolist() if movie_id not in person.history][:_LISTED]
