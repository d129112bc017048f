"""What an admin types of films."""

from __future__ import annotations

import pytest

from bot.admin.content.reading import Typed, read_film, read_pair

GENRES = ("Comedy", "Drama", "Film-Noir", "Sci-Fi")


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Anora (2024) Comedy, Drama", Typed("Anora", 2024, ("Comedy", "Drama"), ())),
        ("Anora (2024) comedy drama", Typed("Anora", 2024, ("Comedy", "Drama"), ())),
        ("  2046   (2004)  sci-fi|DRAMA|drama ", Typed("2046", 2004, ("Sci-Fi", "Drama"), ())),
        ("Face/Off (1997) film-noir", Typed("Face/Off", 1997, ("Film-Noir",), ())),
        ("Anora (2024)", Typed("Anora", 2024, (), ())),
        ("Anora (2024) Comdy, Drama", Typed("Anora", 2024, ("Drama",), ("Comdy",))),
        ("Leon (The Professional) (1994) Drama", Typed("Leon (The Professional)", 1994, ("Drama",), ())),
        ("Anora Comedy", None),
        ("(2024) Comedy", None),
        ("Anora (24) Comedy", None),
        ("Anora (1024) Comedy", None),
        ("", None),
        ("x" * 300 + " (2024) Comedy", None),
    ],
)
def test_a_film_is_read(text: str, typed: Typed | None) -> None:
    assert read_film(text, GENRES) == typed


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Seven (1995) = Se7en (1995)", ("Seven (1995)", "Se7en (1995)")),
        ("a=b", ("a", "b")),
        ("E=mc2 (1996) = Mesmer (1994)", ("E=mc2 (1996)", "Mesmer (1994)")),
        ("= Heat", None),
        ("Heat", None),
        ("", None),
    ],
)
def test_a_pair_is_read(text: str, pair: tuple[str, str] | None) -> None:
    assert read_pair(text) == pair
