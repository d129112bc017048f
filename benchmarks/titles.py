"""How well the title index understands what people type: mangled titles, beginnings, titles not there.

    python -m benchmarks.titles PATH [--quick] [--misses]

500 titles mangled by rule, and the share whose film comes first; beginnings of six letters of the 1,000
films with most ratings, and the share whose film is among the first five; and the time of a search, also
among 87,000 titles made up. The peer is edit distance, words as they stand or sorted, with a bonus for
popularity.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from benchmarks.report import Options, Section, about, arguments, log
from recsys.data.catalog import Catalog, Film
from recsys.data.sources.datasets import load_dataset
from recsys.data.sources.generated_films import generate_films
from recsys.titles import TitleIndex, normalise
from recsys.titles.text import fold

TITLES = 500
BEST_KNOWN, LETTERS, FIRST = 1000, 6, 5
ABSENT = 20  # titles taken out of the catalog, to see that the search says so
MANY = 87_000  # films, as in ml-32m
POPULARITY_BONUS = 0.2  # of the peer: points of edit distance per logarithm of ratings
_ROMAN = ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")

Search = Callable[[str], Sequence[int]]  # the movie ids of the best films, best first


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody types for a film, and the rules that made it."""

    text: str
    film: Film
    rules: list[str]


def misspell(text: str, rng: random.Random) -> str:
    """One letter left out, doubled, wrong, or swapped with the next, in a word of four letters or more."""
    words = text.split()
    long = [at for at, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    if not long:
        return text
    at = rng.choice(long)
    word = words[at]
    spot = rng.randrange(1, len(word) - 1)
    words[at] = rng.choice(
        [
            word[:spot] + word[spot + 1 :],
            word[:spot] + word[spot] + word[spot:],
            word[:spot] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[spot + 1 :],
            word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :],
        ]
    )
    return " ".join(words)


def misspell_twice(text: str, rng: random.Random) -> str:
    """Two misspellings, in titles long enough to bear them."""
    once = misspell(text, rng)
    return misspell(once, rng) if len(text) >= 12 else once


def swap_words(text: str, rng: random.Random) -> str:
    """Two neighbouring words swapped."""
    words = text.split()
    if len(words) > 1:
        at = rng.randrange(len(words) - 1)
        words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def drop_articles(text: str, rng: random.Random) -> str:
    """No articles, wherever they stand."""
    kept = [word for word in text.split() if word.lower() not in {"the", "a", "an", "la", "le", "les", "el"}]
    return " ".join(kept) or text


def drop_accents(text: str, rng: random.Random) -> str:
    """Plain letters and no punctuation."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter if letter.isalnum() else " " for letter in plain)


def other_and(text: str, rng: random.Random) -> str:
    """ "and" as "&", and "&" as "and"."""
    if "&" in text:
        return text.replace("&", "and")
    return re.sub(r"\band\b", "&", text)


def other_numbers(text: str, rng: random.Random) -> str:
    """Roman numerals behind the first word as digits, and digits as Roman numerals."""
    roman = {numeral: str(number) for number, numeral in enumerate(_ROMAN, start=2)}
    swapped = roman | {digits: numeral for numeral, digits in roman.items()}
    first, *words = text.split()
    return " ".join(
        [first, *(re.sub(r"\w+", lambda word: swapped.get(word[0], word[0]), each) for each in words)]
    )


RULES: dict[str, Callable[[str, random.Random], str]] = {
    "one typo": misspell,
    "two typos": misspell_twice,
    "words swapped": swap_words,
    "no articles": drop_articles,
    "no accents, no punctuation": drop_accents,
    "& for and": other_and,
    "II for 2, 2 for II": other_numbers,
}
SPECIAL = ("& for and", "II for 2, 2 for II")  # change few titles: asked of all of these, apart from the 500


def mangle(film: Film, rng: random.Random) -> Question:
    """What somebody might type for a film: one rule or two, and the year now and then."""
    rules = rng.sample([rule for rule in RULES if rule not in SPECIAL], rng.choice([1, 1, 2]))
    text = film.title.lower()
    for rule in rules:
        text = RULES[rule](text, rng)
    if film.year and rng.random() < 0.3:
        return Question(rng.choice([f"{text} {film.year}", f"{text} ({film.year})"]), film, [*rules, "year"])
    return Question(text, film, rules)


def means(match: Film, film: Film, rules: list[str]) -> bool:
    """Whether a match is the film, or one of the same name where no year tells them apart."""
    same_name = normalise(match.title) == normalise(film.title)
    return match.movie_id == film.movie_id or (same_name and "year" not in rules)


def without(catalog: Catalog, film: Film) -> Catalog:
    """The catalog as if it had no film of this name."""
    name = normalise(film.title)
    return Catalog((other for other in catalog if normalise(other.title) != name), catalog.source)


@dataclass(frozen=True, slots=True)
class EditDistance:
    """The peer: the nearest titles, words in their order or sorted; of equally near ones the better known."""

    catalog: Catalog
    folded: list[str]
    bonus: list[float]

    @classmethod
    def of(cls, catalog: Catalog, popularity: Sequence[float]) -> EditDistance:
        bonus = POPULARITY_BONUS * np.log1p(popularity)
        return cls(catalog, [fold(film.title) for film in catalog], bonus.tolist())

    def search(self, text: str) -> list[int]:
        bare = fold(re.sub(r"\(?\b(?:18|19|20)\d\d\b\)?", " ", text)) or fold(text)
        ratios = np.maximum(
            process.cdist([bare], self.folded, scorer=fuzz.ratio)[0],
            process.cdist([bare], self.folded, scorer=fuzz.token_sort_ratio)[0],
        )
        best = np.argsort(-(ratios + np.array(self.bonus)), kind="stable")[:FIRST]
        ids: list[int] = self.catalog.movie_ids[best].tolist()
        return ids


def main(options: Options) -> Section:
    dataset = load_dataset(options.path)
    catalog, seed = dataset.catalog, options.seeds[0]
    section = Section(f"Titles: {dataset.name}", options.into)
    section.note("about", about(options, "rapidfuzz"))
    popularity = np.bincount(catalog.rows(dataset.ratings.movie_ids), minlength=len(catalog)).tolist()
    began = time.perf_counter()
    index = TitleIndex(catalog, popularity)
    build = time.perf_counter() - began
    section.note("setting", f"{len(catalog):,} films, seed {seed}; the index is built in {build:.2f} s.")
    rng = random.Random(seed)
    asked = [mangle(film, rng) for film in rng.sample(list(catalog), TITLES)]
    searches: dict[str, Search] = {
        "Matinee": lambda text: [match.movie_id for match in index.search(text, FIRST)],
        "edit distance and popularity": EditDistance.of(catalog, popularity).search,
    }
    shares = {}
    for name, search in searches.items():
        log(f"  {name}")
        shares[name] = first_of(search, catalog, asked, options.extra) | begun(search, catalog, popularity)
    rows = [[label, *(own[label] for own in shares.values())] for label in shares["Matinee"]]
    section.rows("shares", ["right film first", *searches], rows)
    section.note("verdicts", verdicts(index, catalog, asked, rng))
    log(f"  {MANY:,} films")
    section.rows(
        "time",
        ["films", "index, s", "search, ms: median", "95 % under"],
        [timed(catalog, asked), timed_many()],
    )
    return section


def first_of(
    search: Search, catalog: Catalog, asked: list[Question], extra: Mapping[str, object]
) -> dict[str, str]:
    """For each rule, of how many titles the right film comes first."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    rng = random.Random(0)
    special = [
        Question(RULES[rule](film.title.lower(), rng), film, [rule])
        for rule in SPECIAL
        for film in catalog
        if RULES[rule](film.title.lower(), rng) != film.title.lower()
    ]
    for question in [*asked, *special]:
        found = search(question.text)
        hit = bool(found) and means(catalog[found[0]], question.film, question.rules)
        for rule in ["all", *question.rules] if question.rules[0] not in SPECIAL else question.rules:
            total[rule] += 1
            right[rule] += hit
        if extra["misses"] and not hit:
            log(f"  {question.text!r} for {question.film.title} ({question.film.year})")
    order = ["all", *RULES, "year"]
    return {
        f"{rule}, {total[rule]} titles": f"{right[rule] / total[rule]:.1%}" for rule in order if total[rule]
    }


def begun(search: Search, catalog: Catalog, popularity: Sequence[float]) -> dict[str, str]:
    """Of the best known films, how many are among the first five after six letters."""
    known = [list(catalog)[row] for row in np.argsort(-np.array(popularity), kind="stable")[:BEST_KNOWN]]
    shares = {}
    for label, off in (("as written", "^"), ("without The, A, An", "^(?:the|an?) ")):
        hits = 0
        for film in known:
            text = re.sub(off, "", film.title.lower())[:LETTERS].rstrip()
            hits += any(means(catalog[movie_id], film, []) for movie_id in search(text))
        shares[f"{LETTERS} letters {label}: among the first {FIRST}"] = f"{hits / len(known):.1%}"
    return shares


def verdicts(index: TitleIndex, catalog: Catalog, asked: list[Question], rng: random.Random) -> str:
    """How the search judges what it finds, and titles that the catalog lacks."""
    found: Counter[str] = Counter()
    for question in asked:
        result = index.find(question.text)
        right = bool(result.matches) and means(
            catalog[result.matches[0].movie_id], question.film, question.rules
        )
        found[f"{result.verdict} and {'right' if right else 'wrong'}"] += 1
    absent: Counter[str] = Counter()
    for film in rng.sample(list(catalog), ABSENT):
        absent[TitleIndex(without(catalog, film), None).find(film.title).verdict] += 1
    said = ", ".join(f"{verdict} {number}" for verdict, number in found.most_common())
    gone = ", ".join(f"{verdict} {number}" for verdict, number in absent.most_common())
    return f"Verdicts on the mangled titles: {said}; on {ABSENT} titles taken out of the catalog: {gone}."


def timed(catalog: Catalog, asked: list[Question]) -> list[str]:
    began = time.perf_counter()
    index = TitleIndex(catalog, None)
    build = time.perf_counter() - began
    index.search("warm up")
    seconds = []
    for question in asked:
        began = time.perf_counter()
        index.search(question.text, FIRST)
        seconds.append(time.perf_counter() - began)
    times = (np.median(seconds) * 1e3, np.quantile(seconds, 0.95) * 1e3)
    return [f"{len(catalog):,}", f"{build:.2f}", *(f"{each:.1f}" for each in times)]


def timed_many() -> list[str]:
    """Among as many titles as ml-32m has, made up, mangled by the same rules."""
    catalog = generate_films(MANY, "made up", np.random.default_rng(0))
    rng = random.Random(0)
    return timed(catalog, [mangle(film, rng) for film in rng.sample(list(catalog), 100)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--misses", action="store_true", help="tell what did not come first")
    sys.stdout.write(main(arguments(__doc__ or "", (0,), (0,), parser)).markdown())
