from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from storage.database import Database
from storage.errors import UnknownRow
from storage.people import rounds
from storage.people.rounds import Answer, Round

Minute = Callable[[int], datetime]
Kind = Literal["rated", "unseen"]


async def test_a_round_shows_one_film_after_the_other(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        number = await rounds.start(conn, ann, "onboarding", film_ids[0], minute(0))
        started = Round(number, ann, "onboarding", film_ids[0], minute(0), None)
        assert await rounds.get(conn, number) == started
        await rounds.show(conn, number, film_ids[3])
        assert await rounds.get(conn, number) == Round(
            number, ann, "onboarding", film_ids[3], minute(0), None
        )
        await rounds.show(conn, number, None)
        shown = await rounds.get(conn, number)
        assert shown is not None
        assert shown.film_id is None
        assert await rounds.get(conn, number + 1) is None


async def test_a_new_round_ends_the_persons_open_one_and_no_other(
    database: Database, ann: int, bob: int, film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        ended = await rounds.start(conn, ann, "onboarding", None, minute(0))
        await rounds.end(conn, ended, minute(1))
        left_open = await rounds.start(conn, ann, "rate", film_ids[0], minute(2))
        of_bob = await rounds.start(conn, bob, "rate", film_ids[0], minute(2))
        newest = await rounds.start(conn, ann, "rate", film_ids[1], minute(3))
        found = [await rounds.get(conn, number) for number in (ended, left_open, of_bob, newest)]
    assert [one and one.ended_at for one in found] == [minute(1), minute(3), None, None]


async def test_a_round_ends_once(database: Database, ann: int, minute: Minute) -> None:
    async with database.write() as conn:
        number = await rounds.start(conn, ann, "rate", None, minute(0))
        await rounds.end(conn, number, minute(1))
        await rounds.end(conn, number, minute(2))
        ended = await rounds.get(conn, number)
    assert ended is not None
    assert ended.ended_at == minute(1)


async def test_a_changed_answer_keeps_its_place(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    first, second, third = film_ids[:3]
    async with database.write() as conn:
        number = await rounds.start(conn, ann, "rate", first, minute(0))
        other = await rounds.start(conn, ann, "rate", first, minute(1))
        await rounds.answer(conn, other, third, "rated")
        await rounds.answer(conn, number, second, "rated")
        await rounds.answer(conn, number, first, "unseen")
        await rounds.answer(conn, number, second, "unseen")
        assert await rounds.answers(conn, number) == [
            Answer(second, "unseen", 1),
            Answer(first, "unseen", 2),
        ]
        assert await rounds.answers(conn, other) == [Answer(third, "rated", 1)]


async def test_unknown_rounds_raise(database: Database, film_ids: list[int], minute: Minute) -> None:
    async with database.write() as conn:
        with pytest.raises(UnknownRow, match="no round 77"):
            await rounds.show(conn, 77, None)
        with pytest.raises(UnknownRow, match="no round 77"):
            await rounds.answer(conn, 77, film_ids[0], "rated")
        with pytest.raises(UnknownRow, match="no round 77"):
            await rounds.end(conn, 77, minute(0))
        assert await rounds.answers(conn, 77) == []


strangers = itertools.count(1_000)
answering = st.tuples(st.integers(0, 5), st.sampled_from(["rated", "unseen", None]))


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(answering, max_size=15))
async def test_answers_and_undo_behave_like_an_ordered_dict(
    database: Database,
    meet: Callable[[int], Awaitable[int]],
    film_ids: list[int],
    minute: Minute,
    acts: list[tuple[int, Kind | None]],
) -> None:
    person = await meet(next(strangers))
    model: dict[int, Kind] = {}
    async with database.write() as conn:
        number = await rounds.start(conn, person, "rate", None, minute(0))
        for film, kind in acts:
            film_id = film_ids[film]
            if kind is None:
                assert await rounds.take_back(conn, number, film_id) == (film_id in model)
                model.pop(film_id, None)
            else:
                await rounds.answer(conn, number, film_id, kind)
                model[film_id] = kind
        found = await rounds.answers(conn, number)
    assert [(one.film_id, one.kind) for one in found] == list(model.items())
    places = [one.position for one in found]
    assert places == sorted(set(places))


async def test_a_round_may_be_told_what_to_ask(
    database: Database, ann: int, film_ids: list[int], minute: Minute
) -> None:
    async with database.write() as conn:
        told = await rounds.start(conn, ann, "rate", film_ids[4], minute(0))
        await rounds.ask(conn, told, [film_ids[4], film_ids[0], film_ids[2]])
        free = await rounds.start(conn, ann, "rate", film_ids[1], minute(1))
        await rounds.ask(conn, free, [])
        assert await rounds.questions(conn, told) == [film_ids[4], film_ids[0], film_ids[2]]
        assert await rounds.questions(conn, free) == []
