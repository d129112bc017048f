"""Every text that the code asks for is in every language, and none is there for nothing."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.texts import FALLBACK, Html, languages, translator
from sandbox.text.markup import parse_html

ROOT = Path(__file__).parents[3]
BOT = ROOT / "bot"


@dataclass(frozen=True)
class Use:
    """A call of `.html` or `.plain`: the key, or its beginning where the rest is put in; and the values."""

    where: str
    method: str
    key: str
    whole: bool
    values: frozenset[str]


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(BOT.rglob("*.py")):
        if "sandbox" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def uses() -> list[Use]:
    """Every call whose key can be read from the source."""
    found = []
    for path, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if node.func.attr not in ("html", "plain"):
                continue
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            values = frozenset(keyword.arg or "" for keyword in node.keywords)
            found += [Use(where, node.func.attr, key, whole, values) for key, whole in keys(node.args[0])]
    return found


def keys(node: ast.expr) -> list[tuple[str, bool]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [(node.value, True)]
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return [(str(node.values[0].value), False)]
    if isinstance(node, ast.IfExp):
        return keys(node.body) + keys(node.orelse)
    return []


def constants() -> set[str]:
    """All texts in the source: keys may wait in a table until they are asked for."""
    return {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def catalogue(language: str) -> Catalog:
    with (BOT / "texts" / language / "LC_MESSAGES" / "matinee.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(language: str) -> dict[str, list[str]]:
    """Key → its text, or its plural forms."""
    found: dict[str, list[str]] = {}
    for message in catalogue(language):
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


USES = uses()


def test_the_source_was_read() -> None:
    assert len(USES) > 50
    assert FALLBACK in languages()


@pytest.mark.parametrize("language", languages())
def test_every_key_in_use_is_there(language: str) -> None:
    known = messages(language)
    missing = [use for use in USES if use.whole and use.key not in known]
    missing += [use for use in USES if not use.whole and not any(key.startswith(use.key) for key in known)]
    assert missing == []


@pytest.mark.parametrize("language", languages())
def test_every_key_that_is_there_is_in_use(language: str) -> None:
    written, begun = constants(), tuple(use.key for use in USES if not use.whole)
    assert [key for key in messages(language) if key not in written and not key.startswith(begun)] == []


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    known, english = messages(language), messages(FALLBACK)
    assert set(known) == set(english)
    for key, texts in known.items():
        assert all(texts), f"{key} is empty"
        assert placeholders("".join(texts)) == placeholders("".join(english[key])), key


@pytest.mark.parametrize("language", languages())
def test_every_placeholder_gets_its_value(language: str) -> None:
    known = messages(language)
    for use in USES:
        if use.whole:
            for text in known[use.key]:
                assert placeholders(text) <= use.values, f"{use.where}: {use.key}"


@pytest.mark.parametrize("language", languages())
def test_every_html_text_is_html_that_telegram_takes(language: str) -> None:
    html = {use.key for use in USES if use.method == "html" and use.whole}
    for key, texts in messages(language).items():
        for text in texts:
            if key in html:
                parse_html(text)
            else:
                assert "<" not in text, key


def test_no_line_of_what_is_plain_is_too_long() -> None:
    """Telegram's limits: a button's label has none worth knowing, a toast 200, descriptions 512 and 120."""
    for language in languages():
        known = messages(language)
        assert len(known["bot.description"][0]) <= 512
        assert len(known["bot.short_description"][0]) <= 120
        assert (
            max(len(text) for key, texts in known.items() if key.startswith("toast.") for text in texts)
            <= 150
        )
        commands = [texts[0] for key, texts in known.items() if key.startswith("command.")]
        assert all(1 <= len(text) <= 256 for text in commands)


def test_values_are_escaped_in_html_and_left_alone_in_plain_text() -> None:
    t = translator("en")
    assert t.html("film.head", label="<b>&") == "<b>&lt;b&gt;&amp;</b>"
    assert t.html("film.head", label=Html("<i>x</i>")) == "<b><i>x</i></b>"
    assert t.plain("toast.rated", film="<b>&", stars="4★") == "<b>&: 4★"
    assert t.plain("toast.rated", film="{stars} {0} %s", stars="4★") == "{stars} {0} %s: 4★"


def test_a_count_picks_the_plural() -> None:
    t = translator("en")
    assert t.html("round.so_far", count=1).startswith("1 film rated")
    assert t.html("round.so_far", count=0).startswith("0 films rated")
    assert t.html("round.so_far", count=2).startswith("2 films rated")


@pytest.mark.parametrize("code", [None, "", "en", "en-GB", "EN", "xx", "pt-BR", "../../etc"])
def test_every_language_code_finds_a_language(code: str | None) -> None:
    assert translator(code).plain("button.done")


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"no text 'no\.such'"):
        translator("en").plain("no.such")
