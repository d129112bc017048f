"""The file that /mydata sends."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from bot.profile.mydata import export_caption, export_file, export_name
from bot.texts import languages, translator
from storage import personal
from storage.database import Database
from storage.people import genres
from storage.people.people import Person

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
T = translator("en")


async def test_the_file_holds_every_table_and_says_what_each_is(
    database: Database,
    rate: Callable[[Person, str, int], Awaitable[None]],
    ann: Person,
    bob: Person,
) -> None:
    await rate(ann, "Amélie", 4)
    await rate(bob, "Shrek", 1)
    async with database.write() as conn:
        await genres.answer(conn, ann.id, "Crime", -1, NOW)
    async with database.read() as conn:
        found = await personal.everything(conn, ann)
    content = export_file(found, NOW, T)
    told = json.loads(content)
    sections = [table.name for table in personal.tables()]
    assert list(told) == ["about", "exported_at", *sections]
    assert told["exported_at"] == "2026-11-24T21:00:00+00:00"
    for name in sections:
        assert len(told[name]["about"]) > 10
    (rating,) = told["ratings"]["rows"]
    film = rating.pop("film")
    assert (film["title"], film["year"]) == ("Amélie", 2001)
    assert rating == {
        "person_id": ann.id,
        "film_id": film["id"],
        "stars": 4.0,
        "rated_at": "2026-11-24T20:00:00+00:00",
    }
    assert told["genre_answers"]["rows"][0]["genre"] == "Crime"
    assert told["people"]["rows"][0]["telegram_id"] == ann.telegram_id
    assert told["muted"]["rows"] == []
    assert "Amélie" in content.decode()
    assert "Shrek" not in content.decode()
    assert export_name(NOW) == "matinee-2026-11-24.json"
    assert export_caption(found, T).startswith("All that I keep about you: 1 rating, 3 entries in all.")


@pytest.mark.parametrize("language", languages())
def test_every_section_has_a_text(language: str) -> None:
    for table in personal.tables():
        assert translator(language).plain(f"mydata.{table.name}")


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="not for a file"):
        export_file({"ratings": [{"stars": object()}]}, NOW, T)
