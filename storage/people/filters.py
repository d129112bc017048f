"""What a list is narrowed to: of one list, of a person for every new list, and of a panel being filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import upsert
from storage.errors import UnknownRow
from storage.schema import filter_panels, list_filters, standing_filters

Fame = Literal["known", "any", "deep"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Films with one of `genres` (empty: any), with none of `without`, from one of `decades` (empty: any;
    1990 is the nineties), and as well known as `fame` says."""

    genres: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    decades: tuple[int, ...] = ()
    fame: Fame = "any"


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class StoredPanel:
    """Filters being filled in. `list_id` is the list they are for, None for those that stay;
    `made_list_id` is the list that came of them."""

    id: int
    person_id: int
    list_id: int | None
    filters: Filters
    made_list_id: int | None


async def of_list(conn: AsyncConnection, list_id: int) -> Filters:
    """The filters of a list."""
    return await _one(conn, list_filters, list_filters.c.list_id == list_id)


async def keep_for_list(conn: AsyncConnection, list_id: int, filters: Filters) -> None:
    """Give a new list its filters; a list without any has no row."""
    if filters != NO_FILTERS:
        await conn.execute(insert(list_filters).values(list_id=list_id, **_columns(filters)))


async def standing(conn: AsyncConnection, person_id: int) -> Filters:
    """A person's filters that stay."""
    return await _one(conn, standing_filters, standing_filters.c.person_id == person_id)


async def keep_standing(conn: AsyncConnection, person_id: int, filters: Filters) -> None:
    """Keep a person's filters in place of those before."""
    if filters == NO_FILTERS:
        await conn.execute(delete(standing_filters).where(standing_filters.c.person_id == person_id))
        return
    values = {"person_id": person_id, **_columns(filters)}
    await conn.execute(upsert(conn, standing_filters, values, key=("person_id",)))


async def open_panel(
    conn: AsyncConnection, person_id: int, list_id: int | None, filters: Filters, at: datetime
) -> int:
    """Begin to fill filters in, from `filters` on; the panel's id."""
    row = {"person_id": person_id, "list_id": list_id, "opened_at": at, **_columns(filters)}
    query = insert(filter_panels).values(row).returning(filter_panels.c.id)
    panel_id: int = (await conn.execute(query)).scalar_one()
    return panel_id


async def panel(conn: AsyncConnection, panel_id: int) -> StoredPanel | None:
    """The panel with this id, if there is one."""
    row = (await conn.execute(select(filter_panels).where(filter_panels.c.id == panel_id))).one_or_none()
    if row is None:
        return None
    return StoredPanel(row.id, row.person_id, row.list_id, _filters(row._mapping), row.made_list_id)


async def panel_owner(conn: AsyncConnection, panel_id: int) -> int | None:
    """The person who opened this panel, if there is one."""
    found: int | None = await conn.scalar(
        select(filter_panels.c.person_id).where(filter_panels.c.id == panel_id)
    )
    return found


async def change(conn: AsyncConnection, panel_id: int, filters: Filters) -> None:
    """Set all that a panel holds. Raises UnknownRow."""
    await _update(conn, panel_id, _columns(filters))


async def made(conn: AsyncConnection, panel_id: int, list_id: int) -> None:
    """Remember the list that came of a panel. Raises UnknownRow."""
    await _update(conn, panel_id, {"made_list_id": list_id})


async def made_from(conn: AsyncConnection, list_id: int) -> int | None:
    """The list whose panel this one came of, if it came of one."""
    query = select(filter_panels.c.list_id).where(filter_panels.c.made_list_id == list_id)
    origin: int | None = (await conn.execute(query)).scalar_one_or_none()
    return origin


async def _update(conn: AsyncConnection, panel_id: int, values: Mapping[str, object]) -> None:
    query = update(filter_panels).where(filter_panels.c.id == panel_id).values(values)
    if (await conn.execute(query)).rowcount == 0:
        raise UnknownRow(f"no filter panel {panel_id}")


async def _one(conn: AsyncConnection, table: Table, condition: ColumnElement[bool]) -> Filters:
    row = (await conn.execute(select(table).where(condition))).one_or_none()
    return NO_FILTERS if row is None else _filters(row._mapping)


def _filters(row: Mapping[Any, Any]) -> Filters:
    return Filters(tuple(row["genres"]), tuple(row["without"]), tuple(row["decades"]), row["fame"])


def _columns(filters: Filters) -> dict[str, object]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(filters).items()}
