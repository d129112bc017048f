"""What a newcomer is asked, and what pointing at shelves says, simulated on people who were not in training.

    python benchmarks/questions.py PATH [--seeds 0 1 2]

PATH is a data set as `recsys.load_dataset` takes it. Prints two Markdown tables. A simulated newcomer knows
the films of their history and has not seen others; what is withheld of their ratings is never asked about.
They point at the two shelves on which they liked most films (by what they know, ties at random). RMSE gives
every person the same weight.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

import numpy as np

import recsys
from recsys import Recommender, User
from recsys.evaluation.metrics import ndcg
from recsys.evaluation.splits import HeldOutPerson, held_out_people

QUESTIONS = (5, 10, 20, 30)
LIKED = 4.0

# From answers, unseen films and those not to ask about.
Next = Callable[[dict[int, float], list[int], Iterable[int]], int]


def main(path: str, seeds: tuple[int, ...]) -> None:
    dataset = recsys.load_dataset(path)
    asked: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
    pointed: dict[str, list[tuple[float, float, float]]] = {}
    for seed in seeds:
        sys.stderr.write(f"seed {seed}\n")
        train, people = held_out_people(dataset.ratings, dataset.catalog, seed)
        config = recsys.TrainingConfig(seed=seed, parts=("stars", "ranker"))
        model = recsys.fit(train, dataset.catalog, config)
        rng = np.random.default_rng(seed)
        for person in people:
            for method, following in (
                ("popularity", by_popularity(model)),
                ("Matinee", by_gain(model, person)),
            ):
                for questions, answers in interview(person, following).items():
                    user = model.fold_in(answers, person.answers)
                    asked.setdefault((method, questions), []).append(
                        measure(model, user, person, len(answers))
                    )
            picks = [shelf.movie_ids for shelf in pick(model, person, rng)]
            for answered, genres, shelves in (
                ("nothing", {}, []),
                ("genres", person.answers, []),
                ("two shelves", {}, picks),
                ("both", person.answers, picks),
            ):
                user = model.fold_in(genres=genres, shelves=shelves)
                pointed.setdefault(answered, []).append(measure(model, user, person, 0))
    write(f"# Questions on {dataset.name}, seeds {seeds}\n")
    write("| asked by | questions | answers | RMSE | NDCG@10 |\n| --- | --- | --- | --- | --- |")
    for (method, questions), found in asked.items():
        write(f"| {method} | {questions} | {row(found)} |")
    write("\n| told before any rating | RMSE | NDCG@10 |\n| --- | --- | --- |")
    for answered, found in pointed.items():
        write(f"| {answered} | {row(found).partition(' | ')[2]} |")


def write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def by_popularity(model: Recommender) -> Next:
    """The best known film that was not asked about."""
    order: list[int] = model.catalog.movie_ids[np.argsort(-model.popularity, kind="stable")].tolist()

    def following(answers: dict[int, float], unseen: list[int], spared: Iterable[int]) -> int:
        done = {*answers, *unseen, *spared}
        return next(movie_id for movie_id in order if movie_id not in done)

    return following


def by_gain(model: Recommender, person: HeldOutPerson) -> Next:
    """What the recommender asks somebody with these genre answers."""

    def following(answers: dict[int, float], unseen: list[int], spared: Iterable[int]) -> int:
        user = model.fold_in(answers, person.answers)
        return model.next_questions(user, n=1, exclude=spared, unseen=unseen)[0]

    return following


def interview(person: HeldOutPerson, following: Next) -> dict[int, dict[int, float]]:
    """The answers after each number of QUESTIONS."""
    answers: dict[int, float] = {}
    unseen: list[int] = []
    found = {}
    for number in range(1, max(QUESTIONS) + 1):
        movie_id = following(answers, unseen, person.withheld)
        if movie_id in person.history:
            answers[movie_id] = person.history[movie_id]
        else:
            unseen.append(movie_id)
        if number in QUESTIONS:
            found[number] = dict(answers)
    return found


def pick(model: Recommender, person: HeldOutPerson, rng: np.random.Generator) -> list[recsys.Shelf]:
    """The two shelves on which this person liked most films."""

    def liking(shelf: recsys.Shelf) -> tuple[int, float]:
        return sum(person.history.get(movie, 0) >= LIKED for movie in shelf.movie_ids), rng.random()

    return sorted(model.shelves(), key=liking, reverse=True)[:2]


def measure(
    model: Recommender, user: User, person: HeldOutPerson, answers: int
) -> tuple[float, float, float]:
    """Number of answers, mean squared error and NDCG@10 of what is withheld; the history is no candidate."""
    expected = model.predict_for(user, list(person.withheld))[0]
    error = float(np.mean(np.square(expected - np.array(list(person.withheld.values())))))
    listed = [each.movie_id for each in model.recommend(user, n=10, exclude=person.history)]
    return answers, error, ndcg(listed, person.relevant)


def row(found: list[tuple[float, float, float]]) -> str:
    answers, error, order = np.mean(found, axis=0)
    return f"{answers:.1f} | {error**0.5:.4f} | {order:.4f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path")
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    arguments = parser.parse_args()
    main(arguments.path, tuple(arguments.seeds))
