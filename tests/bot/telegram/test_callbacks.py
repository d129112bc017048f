"""What buttons carry, there and back."""

from __future__ import annotations

import dataclasses
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.admin.moderation.views import OpenFlag
from bot.cards import MarkFilm, OpenCard, Origin, RateFilm
from bot.errors import StaleButton
from bot.films.library import genre_code
from bot.onboarding.views import SetGenre
from bot.process.bells import Bells
from bot.process.settings import Settings
from bot.rating.views import RateInRound
from bot.telegram import callbacks
from bot.telegram.callbacks import AN_ADMINS, EVERYBODYS, MAX_BYTES, Record, pack, record, unpack
from bot.telegram.router import Router
from bot.wiring import wire
from bot.zones import ZONES

# Tests have records of their own, in the same registry.
RECORDS = sorted(
    (kind for kind in callbacks._registry.values() if kind.__module__.startswith("bot.")),
    key=lambda kind: kind.tag,
)
BIG = 2**63
GENRES = [
    "Action",
    "Adventure",
    "Animation",
    "Children",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
]
GENRES += [
    "Film-Noir",
    "Horror",
    "IMAX",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]

numbers = st.integers(-BIG, BIG - 1) | st.sampled_from([-BIG, BIG - 1, 0, -1, 35, 36])
texts = st.text(st.characters(exclude_characters=":", exclude_categories=["Cs"]), max_size=12)


def test_there_are_records() -> None:
    assert {"rr1", "co1", "gs2", "lm1", "hs1"} <= {kind.tag for kind in RECORDS}


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.tag)
@given(data=st.data())
def test_every_record_comes_back_as_it_was(kind: type[Record], data: st.DataObject) -> None:
    fields = [data.draw(numbers if each is int else texts) for each in kind.types]
    made = kind(*fields)
    try:
        packed = pack(made)
    except ValueError:
        assert sum(len(str(field).encode()) for field in fields) > MAX_BYTES // 2
        return
    assert 1 <= len(packed.encode()) <= MAX_BYTES
    assert unpack(packed) == made


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.tag)
def test_every_record_fits_with_numbers_that_a_database_may_reach(kind: type[Record]) -> None:
    longest = {
        "origin": Origin("s", 2**53, 10**6).pack(),
        "genre": max(GENRES, key=len),
        "kind": "refused",
        "fame": "known",
        "zone": max(ZONES, key=len),
        "films": ".".join(["9999999"] * 5),
        "name": "spare_seen",
        "value": "everybody",
    }
    made = kind(
        *(
            2**53 if each is int else longest[field.name]
            for each, field in zip(kind.types, dataclasses.fields(kind), strict=True)  # type: ignore[arg-type]  # they are
        )
    )
    assert unpack(pack(made)) == made


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_of_movielens_can_be_on_a_button(genre: str) -> None:
    made = SetGenre(genre_code(genre), -1)
    assert unpack(pack(made)) == made


def test_the_wire_format_is_as_old_buttons_have_it() -> None:
    """Buttons outlive releases: whoever changes this makes a new version of the record."""
    assert pack(RateInRound(1, 36, 5)) == "rr1:1:10:5"
    assert pack(OpenCard(7, Origin("l", 40).pack())) == "co1:7:l40"
    assert pack(RateFilm(7, 4, "")) == "cr1:7:4:"
    assert pack(MarkFilm(7, "seen", 1, "h10")) == "cm1:7:seen:1:h10"
    assert pack(SetGenre(genre_code("Sci-Fi"), -1)) == "gs2:hcffm:-1"


def test_a_colon_is_refused() -> None:
    with pytest.raises(ValueError, match="colon"):
        pack(OpenCard(1, "Sci:Fi"))


@pytest.mark.parametrize("number", [BIG, -BIG - 1])
def test_numbers_past_64_bits_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        pack(RateInRound(number, 1, 1))


def test_more_than_64_bytes_are_refused() -> None:
    assert pack(OpenCard(1, "x" * (64 - len("co1:1:"))))
    with pytest.raises(ValueError, match="65 bytes"):
        pack(OpenCard(1, "x" * (65 - len("co1:1:"))))
    with pytest.raises(ValueError, match="bytes"):
        pack(OpenCard(1, "★" * 20))  # 60 bytes of 20 characters


@given(data=st.text() | st.from_regex(r"(rr|co|cm|gs|hs|zz)[12](:[-0-9a-z ]{0,15}){0,5}", fullmatch=True))
def test_no_callback_data_breaks_more_than_its_own_button(data: str) -> None:
    try:
        found = unpack(data)
    except StaleButton:
        return
    assert unpack(pack(found)) == found


@pytest.mark.parametrize(
    "data", ["", "rr", "rr2:1:1:1", "rr1:1:1", "rr1:1:1:1:1", "rr1:a b:1:1", "rr1:::", "★"]
)
def test_unknown_versions_and_garbage_are_stale(data: str) -> None:
    with pytest.raises(StaleButton):
        unpack(data)


def test_a_tag_is_taken_once() -> None:
    with pytest.raises(ValueError, match="rr1 is taken by RateInRound"):

        @record("rr")
        class Again(Record):
            number: int


def test_a_record_holds_numbers_and_texts_alone() -> None:
    with pytest.raises(ValueError, match="int or str"):

        @record("zz")
        class Wrong(Record):
            number: float


def test_a_field_that_names_rows_says_whose_they_are() -> None:
    with pytest.raises(ValueError, match="whose is night_id"):

        @record("zx")
        class Nobodys(Record):
            night_id: int


def test_what_is_an_admins_business_is_no_button_of_others() -> None:
    router = Router(_never, _never)
    with pytest.raises(ValueError, match="OpenFlag is for admins"):
        router.button(OpenFlag, _never)


async def _never(*_: object) -> None:
    raise AssertionError("called")


def test_every_kind_of_owner_has_a_guard() -> None:
    """Without one, no button that names such rows would be answered."""
    named = {owned for kind in RECORDS for owned in kind.owned.values()}
    assert _router().guarded == named - {EVERYBODYS, AN_ADMINS}


def test_every_record_has_a_handler() -> None:
    """A button that nobody handles would be a bug that only its tapper sees."""
    assert _router().records == set(RECORDS)


def _router() -> Router:
    """As it is wired: handlers keep what they use and call none of it while they register."""
    anything: typing.Any = _Anything()
    return wire(anything, anything, anything, anything, Settings(timezone="UTC"), Bells()).router


class _Anything:
    """Has every attribute."""

    def __getattr__(self, name: str) -> _Anything:
        return self


@pytest.mark.parametrize("packed", ["", "l1", "h0", "w20", "l9007199254740993"])
def test_origins_come_back_as_they_were(packed: str) -> None:
    assert Origin.unpack(packed).pack() == packed


@pytest.mark.parametrize("packed", ["x1", "l", "h-1", "l1.5", "1", "l²"])
def test_other_origins_are_stale(packed: str) -> None:
    with pytest.raises(StaleButton):
        Origin.unpack(packed)
