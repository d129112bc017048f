"""Entities that Telegram finds by itself, and what it cuts."""

import pytest

from sandbox.text.entities import find_entities, tidy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start", [("bot_command", 0, 6)]),
        ("🎬 /like@matinee_bot heat", [("bot_command", 3, 17)]),
        ("and/or 1/2 </b> //x", []),
        ("hi @matinee_bot, a@b", [("mention", 3, 12)]),
        ("see https://x.org/a?b=1, or imdb.com.", [("url", 4, 19), ("url", 28, 8)]),
        ("write to ada@example.org", [("email", 9, 15)]),
        ("#noir #1", [("hashtag", 0, 5)]),
        ("http://x.org/#part", [("url", 0, 18)]),
    ],
)
def test_commands_links_and_mentions_are_found(text: str, expected: list[tuple[str, int, int]]) -> None:
    found = sorted((e["offset"], e["type"], e["length"]) for e in find_entities(text))
    assert [(kind, offset, length) for offset, kind, length in found] == expected


def test_a_link_that_is_spelled_out_already_is_not_found_again() -> None:
    taken = [{"type": "text_link", "offset": 0, "length": 8, "url": "http://imdb.com/"}]
    assert find_entities("imdb.com /help", taken) == [{"type": "bot_command", "offset": 9, "length": 5}]


def test_outer_space_is_cut_and_entities_move_with_the_text() -> None:
    text, entities = tidy("\n 🎬 Heat \n ", [{"type": "bold", "offset": 5, "length": 6}])
    assert text == "🎬 Heat"
    assert entities == [{"type": "bold", "offset": 3, "length": 4}]


def test_space_inside_the_first_entity_stays() -> None:
    assert tidy("  x", [{"type": "pre", "offset": 1, "length": 2}]) == (
        " x",
        [{"type": "pre", "offset": 0, "length": 2}],
    )


def test_code_holds_no_other_style() -> None:
    code = {"type": "code", "offset": 0, "length": 3}
    assert tidy("abcd", [{"type": "bold", "offset": 1, "length": 1}, code])[1] == [code]
