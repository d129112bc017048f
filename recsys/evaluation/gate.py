"""May a candidate take the place of the live model? Both are measured on the same people of the holdout.

The rule for each measure: refused if the candidate is worse by more than a margin, and surely worse at all:
its whole interval is below zero, of which nine in ten hold the truth (recsys.evaluation.bootstrap). By the
margin alone, noise would refuse honest models where the holdout is small; by the interval alone, a large one
would refuse for nothing. A loss of ten margins is refused on less evidence, by an interval of which six in
ten hold it: ten people seldom prove anything, and a reversed order must not pass for want of proof.

What is compared is fair: films that only one of the two knows are neither shown, nor asked for, nor listed;
everybody, known to both, one or neither, is folded in by both from the same ratings, as the bot serves them;
and what is asked for was never in anybody's training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.arrays import Doubles, Ints
from recsys.errors import InvalidData
from recsys.evaluation.bootstrap import draws, half_width
from recsys.evaluation.holdout import LISTED, Holdout, PersonScores, people_of, score_people
from recsys.evaluation.splits import HeldOutPerson
from recsys.recommender import Recommender

# Of `margin`, times the live figure. One per cent of RMSE is two of MSE, and lost by one rating in ten at
# random; coverage moves most between honest models, and a film more or less in all lists is no harm.
_SHARES = {"rmse": 0.5, "ndcg@10": 1.0, "coverage": 5.0}
_SURE, _LIKELY = 0.9, 0.6  # of intervals, how many hold the truth: one in twenty, or in five, lies below it
_GROSS = 10  # margins, from which on likely is enough
_BEST_KNOWN = 100  # films whose neighbours are compared
_LISTED_CHANGED = 5  # of them, those that changed most
_FEW_PEOPLE = 30  # with fewer only gross harm shows


@dataclass(frozen=True, slots=True)
class Check:
    """One measure. `difference` is above 0 where the candidate is better, whichever way the measure counts.

    `low` and `high` are the ends of the difference's interval, None where it was measured on fewer than two
    people; `margin` is in units of the measure. "rmse" is in stars, "ndcg@10" and "coverage" lie in [0, 1].
    "finite" and "vocabulary" are shares, 1 where all is well, and compare nothing. None: there is nothing
    to measure, no such part, no live model, or a number that is not finite.
    """

    name: str
    live: float | None
    candidate: float | None
    difference: float | None
    low: float | None
    high: float | None
    margin: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A film and the share of its ten nearest that stayed."""

    movie_id: int
    overlap: float


@dataclass(frozen=True, slots=True)
class Drift:
    """How "more like this" moved for the `films` most rated films: the mean share of ten that stayed.

    Reported, not judged: neighbours may change for the better. `changed` are the films that kept fewest.
    """

    films: int
    overlap: float
    changed: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` are the names of failed checks; `people` and `ratings` what the others were measured on."""

    passed: bool
    checks: tuple[Check, ...]
    drift: Drift | None
    reasons: tuple[str, ...]
    people: int
    ratings: int

    @property
    def few(self) -> bool:
        """Whether the holdout is so small that only gross harm would have been seen."""
        return self.people < _FEW_PEOPLE

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back."""
        return {**asdict(self), "checks": [asdict(each) for each in self.checks]} | {
            "drift": None
            if self.drift is None
            else {**asdict(self.drift), "changed": [asdict(each) for each in self.drift.changed]},
            "reasons": list(self.reasons),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Verdict:
        """The inverse of `to_dict`. Raises InvalidData for anything else."""
        try:
            given = dict(values)
            given["checks"] = tuple(Check(**each) for each in given["checks"])
            if given["drift"] is not None:
                changed = tuple(Changed(**each) for each in given["drift"]["changed"])
                given["drift"] = Drift(**{**given["drift"], "changed": changed})
            return cls(**{**given, "reasons": tuple(given["reasons"])})
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidData(f"this is no verdict: {error!r}") from error


def judge(
    candidate: Recommender,
    live: Recommender | None,
    holdout: Holdout,
    *,
    movie_ids: npt.ArrayLike,
    margin: float,
    seed: int = 0,
) -> Verdict:
    """Whether `candidate` may replace `live`; None is the first model, which only has to be whole.

    `movie_ids` are the films that it must know. `margin` is what may be lost of a measure, as a share of the
    live figure: of NDCG@10 as it is, half of it of RMSE, five times it of coverage. `seed` is of the
    draws. Raises InvalidData unless the margin is a finite number, 0 or more.
    """
    if not (isfinite(margin) and margin >= 0):
        raise InvalidData(f"margin is {margin}: it must be a share, 0 or more")
    known = candidate.catalog.movie_ids
    common = known if live is None else np.intersect1d(known, live.catalog.movie_ids)
    people = people_of(holdout, common)
    finite, candidate_scores = _finite(candidate), None
    if finite == 1:
        candidate_scores = _scores(candidate, people, common)
        finite = float(candidate_scores is not None)
    shares = (None if live is None else _share(live, movie_ids)), _share(candidate, movie_ids)
    checks = [_whole("finite", None, finite), _whole("vocabulary", *shares)]
    drift = None
    if candidate_scores is not None:  # else there is nothing to compare with
        live_scores = None if live is None else _scores(live, people, common)
        checks += _compared(live_scores, candidate_scores, len(common), margin, seed)
        drift = None if live is None else _drift(live, candidate, common)
    reasons = tuple(each.name for each in checks if not each.passed)
    ratings = sum(len(task.withheld) for tasks in people for task in tasks)
    return Verdict(not reasons, tuple(checks), drift, reasons, len(people), ratings)


def _finite(model: Recommender) -> float:
    """The share of numbers in its arrays that are finite."""
    arrays = [each for each in model.arrays().values() if np.issubdtype(each.dtype, np.inexact)]
    return sum(int(np.isfinite(each).sum()) for each in arrays) / max(1, sum(each.size for each in arrays))


def _share(model: Recommender, movie_ids: npt.ArrayLike) -> float:
    """The share of these films that it knows."""
    wanted = np.asarray(movie_ids, np.int64)
    return float(np.isin(wanted, model.catalog.movie_ids).mean()) if wanted.size else 1.0


def _whole(name: str, live: float | None, candidate: float) -> Check:
    return Check(name, live, candidate, None, None, None, 0.0, candidate == 1)


def _scores(
    model: Recommender, people: Sequence[Sequence[HeldOutPerson]], common: Ints
) -> PersonScores | None:
    """None where the model makes stars or scores that are not finite, of its numbers that are."""
    foreign = np.setdiff1d(model.catalog.movie_ids, common).tolist()
    with np.errstate(all="ignore"):  # what overflows is found, not warned of
        try:
            found = score_people(model, people, foreign)
            return found if found.finite and _answers_a_stranger(model) else None
        except np.linalg.LinAlgError:  # a fold-in that has no solution
            return None


def _answers_a_stranger(model: Recommender) -> bool:
    """Whether all stars and scores are finite for somebody of whom nothing is known."""
    finite = True
    if "stars" in model.config.parts:
        finite = bool(np.isfinite(model.typical_stars(model.catalog.movie_ids)).all())
    if "ranker" in model.config.parts:
        listed = model.recommend(model.fold_in(), len(model.catalog), diversity=0)
        finite &= len(listed) == len(model.catalog) and all(isfinite(each.score) for each in listed)
    return finite


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """One measure of one model: its value, and that of each draw; shape (draws,). `people` it is of."""

    value: float
    drawn: Doubles
    people: int


def _compared(
    live_scores: PersonScores | None, candidate_scores: PersonScores, films: int, margin: float, seed: int
) -> list[Check]:
    """A check for each measure; `live_scores` is None without a live model that is whole itself."""
    drawn = draws(len(candidate_scores.ratings), seed)
    checks = []
    for name, measure in (("rmse", _rmse), ("ndcg@10", _ndcg), ("coverage", _coverage)):
        new = measure(candidate_scores, drawn, films)
        old = None if live_scores is None else measure(live_scores, drawn, films)
        checks.append(_check(name, old, new, margin))
    return checks


def _check(name: str, live: _Drawn | None, candidate: _Drawn | None, margin: float) -> Check:
    if live is None or candidate is None:
        values = [None if each is None else each.value for each in (live, candidate)]
        return Check(name, values[0], values[1], None, None, None, 0.0, passed=live is None)
    better = -1 if name == "rmse" else 1
    difference = better * (candidate.value - live.value)
    apart = better * (candidate.drawn - live.drawn)
    width, narrow = (half_width(apart, live.people, inside) for inside in (_SURE, _LIKELY))
    low, high = (None, None) if width is None else (difference - width, difference + width)
    allowed = margin * _SHARES[name] * live.value
    surely = high is not None and high < 0
    likely = narrow is not None and difference + narrow < 0
    worse = (surely and difference < -allowed) or (likely and difference < -_GROSS * allowed)
    return Check(name, live.value, candidate.value, difference, low, high, allowed, passed=not worse)


def _rmse(found: PersonScores, drawn: Doubles, films: int) -> _Drawn | None:
    """Over all ratings of all people together."""
    if not found.ratings.sum() or not np.isfinite(found.squared_error).all():
        return None
    value = (found.squared_error.sum() / found.ratings.sum()) ** 0.5
    return _Drawn(
        float(value), np.sqrt((drawn @ found.squared_error) / (drawn @ found.ratings)), len(found.ratings)
    )


def _ndcg(found: PersonScores, drawn: Doubles, films: int) -> _Drawn | None:
    """The mean over people who liked something of what was withheld."""
    liked = np.isfinite(found.ndcg)
    if not liked.any():
        return None
    own, times = found.ndcg[liked], drawn[:, liked]
    with np.errstate(invalid="ignore"):  # none of them was drawn: NaN
        return _Drawn(float(own.mean()), times @ own / times.sum(axis=1), int(liked.sum()))


def _coverage(found: PersonScores, drawn: Doubles, films: int) -> _Drawn | None:
    """The share of `films` that are in somebody's ten."""
    people = np.repeat(np.arange(len(found.lists)), [len(each) for each in found.lists])
    if not people.size:
        return None
    listed, columns = np.unique(np.concatenate(found.lists), return_inverse=True)
    shown = np.zeros((len(found.lists), len(listed)), np.float32)
    shown[people, columns] = 1
    reached = ((drawn > 0).astype(np.float32) @ shown > 0).sum(axis=1)
    return _Drawn(len(listed) / films, reached / films, len(found.lists))


def _drift(live: Recommender, candidate: Recommender, common: Ints) -> Drift | None:
    if not common.size or not all("similar" in each.config.parts for each in (live, candidate)):
        return None
    best_known = common[
        np.argsort(-live.popularity[live.catalog.rows(common)], kind="stable")[:_BEST_KNOWN]
    ].tolist()
    sides = [(model, np.setdiff1d(model.catalog.movie_ids, common).tolist()) for model in (live, candidate)]
    changed = []
    for movie_id in best_known:
        old, new = (
            {each.movie_id for each in model.similar([movie_id], LISTED, exclude)} for model, exclude in sides
        )
        changed.append(Changed(movie_id, len(old & new) / max(1, len(old))))
    mean = float(np.mean([each.overlap for each in changed]))
    fewest = sorted((each for each in changed if each.overlap < 1), key=lambda each: each.overlap)
    return Drift(len(best_known), mean, tuple(fewest[:_LISTED_CHANGED]))
