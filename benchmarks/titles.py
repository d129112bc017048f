"""How well the title index understands what people type: mangled titles, and titles that are not there.

    python benchmarks/titles.py PATH_OF_A_DATA_SET

Prints a Markdown table: of 500 mangled titles, the share whose film comes first, and how the search judges.
"""

from __future__ import annotations

import argparse
import random
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from recsys.catalog import Catalog, Film
from recsys.data.datasets import load_dataset
from recsys.titles import TitleIndex, TitleMatch, normalise

TITLES = 500
SEED = 0


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


RULES: dict[str, Callable[[str, random.Random], str]] = {
    "one typo": misspell,
    "two typos": misspell_twice,
    "words swapped": swap_words,
    "no articles": drop_articles,
    "no accents, no punctuation": drop_accents,
}


def mangle(film: Film, rng: random.Random) -> tuple[str, list[str]]:
    """What somebody might type for a film, and the rules that made it."""
    rules = rng.sample(list(RULES), rng.choice([1, 1, 2]))
    text = film.title.lower()
    for rule in rules:
        text = RULES[rule](text, rng)
    if film.year and rng.random() < 0.3:
        return rng.choice([f"{text} {film.year}", f"{text} ({film.year})"]), [*rules, "year"]
    return text, rules


def means(match: TitleMatch, film: Film, rules: list[str]) -> bool:
    """Whether a match is the film, or one of the same name where no year tells them apart."""
    same_name = normalise(match.title) == normalise(film.title)
    return match.movie_id == film.movie_id or (same_name and "year" not in rules)


def without(catalog: Catalog, film: Film) -> Catalog:
    """The catalog as if it had no film of this name."""
    name = normalise(film.title)
    return Catalog((other for other in catalog if normalise(other.title) != name), catalog.source)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="folder or zip of a MovieLens data set")
    parser.add_argument("--misses", action="store_true", help="list what did not come first")
    arguments = parser.parse_args()
    dataset = load_dataset(arguments.dataset)
    catalog = dataset.catalog
    popularity = np.bincount(catalog.rows(dataset.ratings.movie_ids), minlength=len(catalog)).tolist()
    began = time.perf_counter()
    index = TitleIndex(catalog, popularity)
    build = time.perf_counter() - began

    rng = random.Random(SEED)
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    seconds: list[float] = []
    for film in rng.sample(list(catalog), TITLES):
        text, rules = mangle(film, rng)
        began = time.perf_counter()
        found = index.find(text)
        seconds.append(time.perf_counter() - began)
        hit = bool(found.matches) and means(found.matches[0], film, rules)
        verdicts[f"{found.verdict}, {'right' if hit else 'wrong'}"] += 1
        for rule in ["all", *rules]:
            total[rule] += 1
            right[rule] += hit
        if arguments.misses and (not hit or found.verdict == "none"):
            print(f"{text!r} for {film.title} ({film.year}): {found.verdict}, {found.matches[:2]}")  # noqa: T201
    absent: Counter[str] = Counter()
    for film in rng.sample(list(catalog), 40):
        absent[TitleIndex(without(catalog, film), None).find(film.title).verdict] += 1
    lines = ["| rule | titles | first |", "| --- | --- | --- |"]
    lines += [
        f"| {rule} | {total[rule]} | {right[rule] / total[rule]:.1%} |" for rule in ["all", *RULES, "year"]
    ]
    lines += ["", f"Verdicts: {dict(verdicts)}; for 40 titles taken out of the catalog: {dict(absent)}."]
    lines += [
        f"{len(catalog)} films; index built in {build:.2f} s; a search takes "
        f"{np.median(seconds) * 1e3:.1f} ms, 95 % under {np.quantile(seconds, 0.95) * 1e3:.1f} ms."
    ]
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
