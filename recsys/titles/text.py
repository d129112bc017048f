"""Titles and what people type, in one plain spelling."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_SPACED_LETTERS = re.compile(r"\b\w(?:[.*]\w)+\b")  # M*A*S*H, E.T
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii")
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ROMAN_DIGITS = {numeral: str(number) for number, numeral in enumerate(_ROMAN, start=1)}
_ORDINALS = {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th"}
_ORDINALS |= {"seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th"}
_WORD_DIGITS = {word: str(number) for number, word in enumerate(_WORDS, start=1)} | _ORDINALS
_TRAILING_ARTICLE = re.compile(
    r"(?<=\S)(?:, ?(?:an?|l[ae]s?|l'|une?|il|lo|i|el|los|das|d[ei][entr]?|eine?)|,? the)$"
)
_LEADING_ARTICLE = re.compile(r"(?:the|an?) (?=\S)|l'(?=\w)")  # no others: Die Hard, La La Land


def fold(text: str) -> str:
    """Lower case without accents or punctuation, "&" as "and", Roman numerals after the first word as digits.

    Articles stay. "Léon: The Professional" → "leon the professional"; "Rocky II" → "rocky 2".
    """
    words = _plain(text).split()
    return " ".join(words[:1] + [_ROMAN_DIGITS.get(word, word) for word in words[1:]])


def fold_begun(text: str) -> str:
    """`fold` for a text that may break off: the last word stays as it is, for an "i" may become "in"."""
    words = _plain(text).split()
    return " ".join([*fold(" ".join(words[:-1])).split(), *words[-1:]])


def normalise(text: str) -> str:
    """`fold`, without an English article in front or any article behind a comma: "Boot, Das" → "boot"."""
    bare = _TRAILING_ARTICLE.sub("", " ".join(text.casefold().replace("’", "'").split()))
    stripped = _LEADING_ARTICLE.sub("", bare, count=1) if _LEADING_ARTICLE.match(bare) else bare
    return fold(stripped) or fold(text)


def number_words_as_digits(folded: str) -> str:
    """Cardinals to twelve, ordinals to tenth: "twelve monkeys" → "12 monkeys"."""
    return " ".join(_WORD_DIGITS.get(word, word) for word in folded.split())


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    plain = plain.replace("&", " and ").replace("'", "").replace("’", "")
    plain = _SPACED_LETTERS.sub(lambda match: re.sub(r"[.*]", "", match[0]), plain)
    return re.sub(r"[\W_]+", " ", plain).strip()
