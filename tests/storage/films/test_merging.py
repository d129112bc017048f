"""Two rows that are one film: what people said moves, the newer word counts, old numbers mean the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from storage.database import Database
from storage.errors import WrongState
from storage.films import merging
from storage.people import marks, ratings, watchlist

Minute = Callable[[int], datetime]


async def test_ratings_marks_and_watchlists_move_and_the_newer_word_counts(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    seven, se7en, fargo = film_ids[:3]
    async with database.write() as conn:
        await ratings.rate(conn, ann, seven, 2, minute(0))
        await ratings.rate(conn, ann, se7en, 5, minute(1))  # newer, and kept
        await ratings.rate(conn, ann, fargo, 1, minute(1))
        await ratings.rate(conn, bob, seven, 4, minute(2))  # newer, and moves
        await ratings.rate(conn, bob, se7en, 3, minute(1))
        await marks.put(conn, ann, seven, "seen", minute(0))
        await marks.put(conn, bob, se7en, "seen", minute(0))
        await marks.put(conn, bob, seven, "refused", minute(0))
        await watchlist.add(conn, ann, seven, minute(3))
        await watchlist.add(conn, bob, seven, minute(3))
        await watchlist.add(conn, bob, se7en, minute(2))
        assert await merging.merge(conn, seven, se7en, minute(9)) == 1
    async with database.read() as conn:
        assert await merging.merged(conn) == {seven: se7en}
        assert await ratings.of(conn, ann) == {se7en: 5, fargo: 1}
        assert await ratings.of(conn, bob) == {se7en: 4}
        assert await marks.of(conn, ann) == {"seen": {se7en}, "refused": set(), "unseen": set()}
        assert await marks.of(conn, bob) == {"seen": {se7en}, "refused": {se7en}, "unseen": set()}
        assert await watchlist.of(conn, ann) == await watchlist.of(conn, bob) == {se7en}


async def test_no_evidence_stays_none_where_the_rating_moves(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    seven, se7en = film_ids[:2]
    async with database.write() as conn:
        for person, at in ((ann, 0), (bob, 2)):
            await ratings.rate(conn, person, seven, 2, minute(at))
            await ratings.mute(conn, person, seven, minute(5))
        await ratings.rate(conn, ann, se7en, 4, minute(1))  # ann's newer word, which is evidence
        await merging.merge(conn, seven, se7en, minute(9))
        assert await ratings.muted_of(conn, ann) == set()
        assert await ratings.muted_of(conn, bob) == {se7en}


async def test_an_old_number_means_the_other_film_wherever_it_is_written(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    seven, se7en = film_ids[:2]
    async with database.write() as conn:
        await merging.merge(conn, seven, se7en, minute(0))
        await ratings.rate(conn, ann, seven, 3, minute(1))
        assert await ratings.find(conn, ann, seven) == await ratings.find(conn, ann, se7en) == 3
        assert await ratings.count_of(conn, seven) == await ratings.count_of(conn, se7en) == 1
        assert await ratings.mute(conn, ann, seven, minute(1))
        assert await ratings.muted_of(conn, ann) == {se7en}
        await ratings.unmute(conn, ann, seven)
        assert await ratings.muted_of(conn, ann) == set()
        assert await ratings.remove(conn, ann, seven)
        assert await ratings.of(conn, ann) == {}
        await marks.put(conn, ann, seven, "seen", minute(1))
        assert await marks.on(conn, ann, seven) == await marks.on(conn, ann, se7en) == {"seen"}
        await marks.take_back(conn, ann, seven, "seen")
        assert await marks.on(conn, ann, se7en) == set()
        await watchlist.add(conn, ann, seven, minute(1))
        await watchlist.add(conn, ann, se7en, minute(2))
        assert await watchlist.page(conn, ann, offset=0, limit=9) == [se7en]
        assert await watchlist.remove(conn, ann, seven)


async def test_a_film_that_others_were_merged_into_takes_them_along(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    one, two, three = film_ids[:3]
    async with database.write() as conn:
        await merging.merge(conn, one, two, minute(0))
        await merging.merge(conn, two, three, minute(1))
        assert await merging.merged(conn) == {one: three, two: three}
        await ratings.rate(conn, ann, one, 4, minute(2))
        assert await ratings.of(conn, ann) == {three: 4}


async def test_what_is_one_film_already_is_not_merged(
    database: Database, film_ids: list[int], minute: Minute
) -> None:
    one, two, three = film_ids[:3]
    async with database.write() as conn:
        await merging.merge(conn, one, two, minute(0))
        for film_id, into_id in ((two, two), (one, two), (two, one)):
            with pytest.raises(WrongState):
                await merging.merge(conn, film_id, into_id, minute(1))
        assert await merging.merge(conn, one, three, minute(1)) == 0  # the one it is by now
        assert await merging.merged(conn) == {one: three, two: three}
