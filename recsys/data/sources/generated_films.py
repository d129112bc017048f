"""Films that do not exist: titles, years and genres as in MovieLens' catalog."""

from __future__ import annotations

import numpy as np

from recsys.data.catalog import Catalog, Film

# The share of films that have each, in ml-latest-small.
GENRES = {
    "Drama": 0.448,
    "Comedy": 0.386,
    "Thriller": 0.194,
    "Action": 0.188,
    "Romance": 0.164,
    "Adventure": 0.130,
    "Crime": 0.123,
    "Sci-Fi": 0.101,
    "Horror": 0.100,
    "Fantasy": 0.080,
    "Children": 0.068,
    "Animation": 0.063,
    "Mystery": 0.059,
    "Documentary": 0.045,
    "War": 0.039,
    "Musical": 0.034,
    "Western": 0.017,
    "Film-Noir": 0.009,
}
_GENRES_OF_A_FILM = (0.29, 0.33, 0.24, 0.10, 0.04)  # share of films with one, two, … five
_FIRST_YEAR, _LAST_YEAR = 1920, 2018
_WORDS = 6_000  # different words in titles; the n-th is used as 1 / (n + 10)
_PATTERNS = (
    "{}",
    "The {}",
    "{} {}",
    "The {} {}",
    "{} of the {}",
    "{} and {}",
    "{} {} {}",
    "{} II",
    "A {} in {}",
)
_PATTERN_SHARES = (0.16, 0.16, 0.24, 0.16, 0.08, 0.05, 0.09, 0.03, 0.03)
# fmt: off
_ONSETS = ("b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st",
           "t", "v", "w")
# fmt: on
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "oo")
_CODAS = ("", "", "", "n", "r", "l", "s", "t", "nd", "ck")


def generate_films(films: int, source: str, rng: np.random.Generator) -> Catalog:
    """As many films, with ascending ids that have gaps; as the ids in MovieLens, they mean nothing."""
    movie_ids = np.cumsum(rng.integers(1, 4, films))
    age = rng.beta(1.1, 3.0, films)  # half of all films are of the last quarter of the years
    years = np.round(_LAST_YEAR - age * (_LAST_YEAR - _FIRST_YEAR)).astype(np.int64)
    titles = _titles(films, rng)
    genres = _genres(films, rng)
    parts = zip(movie_ids.tolist(), titles, years.tolist(), genres, strict=True)
    return Catalog((Film(*each) for each in parts), source)


def _genres(films: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """The highest of each film's keys u^(1/share): a draw without replacement, as likely as the shares."""
    names, shares = np.array(list(GENRES)), np.array(list(GENRES.values()))
    keys = np.log(rng.random((films, len(names)))) / shares
    best = np.argsort(-keys, axis=1)
    counts = 1 + rng.choice(len(_GENRES_OF_A_FILM), films, p=_GENRES_OF_A_FILM)
    return [
        tuple(sorted(names[row[:count]].tolist())) for row, count in zip(best, counts.tolist(), strict=True)
    ]


def _titles(films: int, rng: np.random.Generator) -> list[str]:
    words = _words(rng)
    weights = 1 / (np.arange(len(words)) + 10)
    drawn = rng.choice(len(words), (films, 3), p=weights / weights.sum())
    patterns = rng.choice(len(_PATTERNS), films, p=_PATTERN_SHARES)
    return [
        _PATTERNS[pattern].format(*(words[at] for at in own))
        for pattern, own in zip(patterns.tolist(), drawn.tolist(), strict=True)
    ]


def _words(rng: np.random.Generator) -> list[str]:
    syllables = [onset + vowel + coda for onset in _ONSETS for vowel in _VOWELS for coda in _CODAS]
    drawn = rng.integers(0, len(syllables), (_WORDS, 3)).tolist()
    lengths = rng.choice((1, 2, 3), _WORDS, p=(0.25, 0.5, 0.25)).tolist()
    return [
        "".join(syllables[at] for at in own[:length]).capitalize()
        for own, length in zip(drawn, lengths, strict=True)
    ]
