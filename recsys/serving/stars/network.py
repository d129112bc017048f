"""Predicted stars of a network over two embeddings, a person's and a film's, in numpy alone.

The embeddings are set end to end and go through layers of rectified linear units. Batch norm is folded into
the weights. The first layer is linear in both embeddings, so what a film brings to it is computed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.arrays import Floats, Ints, Mask, Reals
from recsys.errors import ArtifactError
from recsys.serving.newfilms import NewFilms
from recsys.serving.stars.factors import sigmoid_range, slope_at
from recsys.serving.stars.predictor import Sensitivity, StarsPosterior, as_rating, carried

_STEPS = 12  # Levenberg-Marquardt steps of a fold-in at most; five to eight do on real ratings
_ENOUGH = 1e-4  # fall of the loss, in nats, at which the steps end
_DAMPING = 1e-2  # first damping after a step that did not help, in shares of the diagonal
_ONLOOKERS = 20  # people in whose eyes new films are placed, and a newcomer, who counts as all of them

_SCALARS = ("noise_variance", "low", "high")
_OF_THE_NET = ("person_weights", "movie_inputs")
_TABLES = ("user_vectors", "movie_variance", "prior_mean", "prior_precision")


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """inputs @ weights + biases; `weights` (n_in, n_out), `biases` (n_out,)."""

    weights: Floats
    biases: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """stars = low + (high - low) · sigmoid(layers(relu(person @ person_weights + movie_inputs[film]))).

    Between two layers there is a relu; the last has one output, the logit.
    """

    person_weights: Floats  # (a, h), the first layer's weights on a person's embedding
    movie_inputs: Floats  # (n_movies, h), the first layer's biases and its weights on each film's embedding
    layers: tuple[Layer, ...]  # those after the first
    low: float
    high: float

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return tuple(len(layer.weights) for layer in self.layers)

    def stars(self, people: Reals, movies: Ints) -> Reals:
        """Predictions (n,) for `movies` (n,); `people` is one embedding (a,), or one for each film (n, a)."""
        return sigmoid_range(self._logits(people, movies)[0], self.low, self.high)

    def seen_by(self, people: Reals, inputs: Reals) -> Reals:
        """Logits of people's embeddings (p, a) for films that bring `inputs` (m, h); shape (m, p)."""
        films = replace(self, movie_inputs=inputs.astype(np.float32))
        rows = np.arange(len(inputs))
        return np.stack([films._logits(person, rows)[0] for person in people], axis=1)

    def slope(self, stars: Reals) -> Reals:
        """Stars per logit where a prediction stands at this many stars."""
        return slope_at(stars, self.low, self.high)

    def jacobian(self, people: Reals, movies: Ints) -> tuple[Reals, Reals]:
        """What `stars` gives, and its change per unit of the person's embedding; shape (n, a)."""
        stars, change = self.gradients(people, movies)
        return stars, self.slope(stars)[:, None] * (change @ self.person_weights.T)

    def gradients(self, people: Reals, movies: Ints) -> tuple[Reals, Reals]:
        """What `stars` gives, and the change of the logit per unit of the first layer's sums; (n, h)."""
        logits, active = self._logits(people, movies)
        change: Reals = np.ones((len(movies), 1), np.float32)
        for layer, units in zip(reversed(self.layers), reversed(active), strict=True):
            change = (change @ layer.weights.T) * units
        return sigmoid_range(logits, self.low, self.high), change

    def _logits(self, people: Reals, movies: Ints) -> tuple[Reals, list[Mask]]:
        """Logits (n,), and which units of each hidden layer are active."""
        sums: Reals = people @ self.person_weights + self.movie_inputs[movies]
        active = []
        for layer in self.layers:
            active.append(sums > 0)
            sums = np.maximum(sums, 0) @ layer.weights + layer.biases
        return sums[:, 0], active


@dataclass(frozen=True, slots=True, eq=False)
class NetworkStars:
    """A frozen network and the people it knows; a posterior is over a person's embedding.

    `prior_mean` (a,) and `prior_precision` (a, a) describe people before their first rating;
    `movie_variance` (n_movies,), in logits squared, is how little is known of each film;
    `noise_variance` (stars squared) is what stays unexplained when a person is known well.
    """

    net: Net
    user_vectors: Floats  # (n_users, a)
    movie_variance: Floats  # (n_movies,)
    prior_mean: Floats  # (a,)
    prior_precision: Floats  # (a, a)
    noise_variance: float

    @property
    def n_users(self) -> int:
        """People who were in training."""
        return len(self.user_vectors)

    @property
    def n_movies(self) -> int:
        """Films of the catalog, rated or not."""
        return len(self.net.movie_inputs)

    def predict(self, user_rows: npt.ArrayLike, movie_rows: npt.ArrayLike) -> Floats:
        """Stars of training people for films, pair by pair; shape (n,)."""
        users, movies = np.asarray(user_rows, np.int64), np.asarray(movie_rows, np.int64)
        return as_rating(self.net.stars(self.user_vectors[users], movies))

    def fold_in(
        self, movie_rows: npt.ArrayLike, values: npt.ArrayLike, prior_shift: Reals | None = None
    ) -> StarsPosterior:
        """A newcomer, from their ratings in stars: their embedding is learned, the network stays as it is.

        Laplace's approximation: the embedding u that minimises half of
        Σ (r - s(u))² / noise_variance + (u - prior_mean)ᵀ prior_precision (u - prior_mean),
        by Levenberg-Marquardt steps (Nocedal & Wright, Numerical Optimization, 10.3), and the inverse of
        the Gauss-Newton Hessian there. Without ratings: the prior, whose mean `prior_shift` moves.
        """
        movies, stars = np.asarray(movie_rows, np.int64), np.asarray(values, np.float64)
        precision, prior = self.prior_precision.astype(np.float64), self.prior_mean.astype(np.float64)
        if prior_shift is not None:
            prior = prior + prior_shift
        person, damping = prior, 0.0
        predicted, J = self.net.jacobian(person, movies)
        loss = self._loss(person - prior, stars - predicted)
        for _ in range(_STEPS if movies.size else 0):
            hessian = precision + J.T @ J / self.noise_variance
            downhill = J.T @ (stars - predicted) / self.noise_variance - precision @ (person - prior)
            moved = person + np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), downhill)
            predicted_moved, J_moved = self.net.jacobian(moved, movies)
            fall = loss - self._loss(moved - prior, stars - predicted_moved)
            if fall > 0:
                person, predicted, J, loss = moved, predicted_moved, J_moved, loss - fall
                damping /= 10
            else:
                damping = max(10 * damping, _DAMPING)
            if 0 <= fall < _ENOUGH:
                break
        return StarsPosterior(person, np.linalg.inv(precision + J.T @ J / self.noise_variance))

    def sensitivity(self, posterior: StarsPosterior, movie_rows: npt.ArrayLike) -> Sensitivity:
        """How the stars of these films depend on what is not known of this person."""
        _, J = self.net.jacobian(posterior.mean, np.asarray(movie_rows, np.int64))
        return Sensitivity(J, posterior.covariance, self.noise_variance)

    def film_biases(self) -> Floats | None:
        """None: what a network knows of a film is all in its embedding."""
        return None

    def film_vectors(self) -> Floats:
        """What the embeddings put into the first layer, less their mean; shape (n_movies, h).

        What all films share parts none of them, and would make all of them alike.
        """
        vectors: Floats = self.net.movie_inputs - self.net.movie_inputs.mean(axis=0)
        return vectors

    def with_films(self, new: NewFilms) -> NetworkStars:
        """With new films placed so that some people's logits come out as expected, and with what these miss.

        What content lets expect a film to bring to the first layer may lie where the network never saw one
        (between two kinds, say): where a rated film's logits come nearer to those expected, its inputs serve.
        """
        inputs = self.net.movie_inputs[new.learned]
        found = new.expected(inputs)
        some = self.user_vectors[np.linspace(0, self.n_users - 1, _ONLOOKERS).astype(np.int64)]
        people = np.concatenate([self.prior_mean[None], some])
        share = np.sqrt([1 / 2, *[1 / 2 / _ONLOOKERS] * _ONLOOKERS])
        seen, found_seen = (self.net.seen_by(people, films) * share for films in (inputs, found))
        wanted = new.expected(seen)
        apart = np.square(seen).sum(axis=1) - 2 * wanted @ seen.T + np.square(wanted).sum(axis=1)[:, None]
        astray = np.square(found_seen - wanted).sum(axis=1) > apart.min(axis=1)
        found[astray] = inputs[apart.argmin(axis=1)[astray]]
        missed = new.weights @ np.square(new.unexplained(seen)).sum(axis=1)
        doubt = missed + new.mean(self.movie_variance[new.learned])
        return replace(
            self,
            net=replace(self.net, movie_inputs=new.put(self.net.movie_inputs, found)),
            movie_variance=new.put(self.movie_variance, doubt),
        )

    def predict_posterior(
        self, posterior: StarsPosterior, movie_rows: npt.ArrayLike | None = None
    ) -> tuple[Floats, Floats]:
        """Mean and standard deviation, in stars, of the rating this person would give; shapes (n,).

        The deviation (delta method) joins what is not known of the person, what is not known of the
        film and the noise of a rating: about two ratings in three fall within one deviation.
        `movie_rows` None means every film.
        """
        movies = np.arange(self.n_movies) if movie_rows is None else np.asarray(movie_rows, np.int64)
        mean, change = self.net.gradients(posterior.mean.astype(np.float32), movies)
        root = self.net.person_weights.T @ np.linalg.cholesky(posterior.covariance).astype(np.float32)
        doubt = np.square(change @ root).sum(1) + self.movie_variance[movies]
        deviation = np.sqrt(self.net.slope(mean) ** 2 * doubt + self.noise_variance)
        return as_rating(mean), deviation.astype(np.float32)

    @property
    def people_vectors(self) -> Floats:
        """The embeddings; shape (n_users, a)."""
        return self.user_vectors

    def renumbered(self, users: Ints, movies: Ints) -> NetworkStars:
        """The same with other rows; a new film stands with the one of middling stars, as the mean of all
        inputs may lie where the network never saw a film."""
        stars = self.net.stars(self.prior_mean, np.arange(self.n_movies))
        middling = self.net.movie_inputs[np.argsort(stars, kind="stable")[len(stars) // 2]]
        return replace(
            self,
            net=replace(self.net, movie_inputs=carried(self.net.movie_inputs, movies, middling)),
            user_vectors=carried(self.user_vectors, users, self.prior_mean),
            movie_variance=carried(self.movie_variance, movies, self.movie_variance.max()),
        )

    def placed(self, user_rows: Ints, vectors: Reals) -> NetworkStars:
        """The same with other vectors (n, a) for some of the people."""
        people = self.user_vectors.copy()
        people[user_rows] = vectors
        return replace(self, user_vectors=people)

    def arrays(self) -> dict[str, Floats]:
        """Every table by name, scalars with shape (1,), layers as weights_1, biases_1, …; for safetensors."""
        named: dict[str, Any] = {name: getattr(self, name) for name in _TABLES}
        named |= {name: getattr(self.net, name) for name in _OF_THE_NET}
        named |= {"noise_variance": self.noise_variance, "low": self.net.low, "high": self.net.high}
        for number, layer in enumerate(self.net.layers, start=1):
            named |= {f"weights_{number}": layer.weights, f"biases_{number}": layer.biases}
        return {name: np.atleast_1d(np.asarray(array, np.float32)) for name, array in named.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> NetworkStars:
        """The inverse of `arrays`. Raises ArtifactError when names or shapes do not fit together."""
        n_layers = sum(name.startswith("weights_") for name in arrays)
        names = [(f"weights_{number}", f"biases_{number}") for number in range(1, n_layers + 1)]
        expected = {*_TABLES, *_OF_THE_NET, *_SCALARS, *(name for pair in names for name in pair)}
        if set(arrays) != expected or not names:
            raise ArtifactError(f"stars: expected arrays {sorted(expected)}, found {sorted(arrays)}")
        n_movies, width = _matrix(arrays, "movie_inputs")
        size = _matrix(arrays, "user_vectors")[1]
        shapes: dict[str, tuple[int, ...]] = {
            "person_weights": (size, width),
            "movie_variance": (n_movies,),
            "prior_mean": (size,),
            "prior_precision": (size, size),
            **dict.fromkeys(_SCALARS, (1,)),
        }
        for weights, biases in names:
            following = 1 if weights == names[-1][0] else _matrix(arrays, weights)[1]
            shapes |= {weights: (width, following), biases: (following,)}
            width = following
        for name, shape in shapes.items():
            if arrays[name].shape != shape:
                raise ArtifactError(f"stars: {name} has shape {arrays[name].shape}")
        layers = tuple(Layer(arrays[weights], arrays[biases]) for weights, biases in names)
        noise, low, high = (float(arrays[name][0]) for name in _SCALARS)
        net = Net(arrays["person_weights"], arrays["movie_inputs"], layers, low, high)
        tables: dict[str, Any] = {name: arrays[name] for name in _TABLES}
        return cls(net, noise_variance=noise, **tables)

    def _loss(self, away: Reals, misses: Reals) -> float:
        """`away` is how far the embedding is from where it was expected."""
        return float(misses @ misses / self.noise_variance + away @ self.prior_precision @ away) / 2


def _matrix(arrays: Mapping[str, Floats], name: str) -> tuple[int, int]:
    if arrays[name].ndim != 2:
        raise ArtifactError(f"stars: {name} has shape {arrays[name].shape}")
    rows, columns = arrays[name].shape
    return rows, columns
