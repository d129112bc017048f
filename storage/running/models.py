"""The models that there are, by the number of their artifact: which one is live, and how each came about.

    live ◄──► former        refused ──► live, where an admin overrules the gate

A row outlives its artifact: pruned, it still says what the model was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import UnknownRow
from storage.schema import models

MadeBy = Literal["hand", "fine", "full"]  # "hand": prepared or trained on the command line


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `metrics` are on the permanent holdout, `verdict` is the gate's, None where none judged.

    `live_since` is when it became live the last time; `pruned_at` when its artifact was deleted.
    """

    version: int
    origin: MadeBy
    state: Literal["live", "former", "refused"]
    made_at: datetime
    job_id: int | None
    metrics: dict[str, float]
    verdict: dict[str, Any] | None
    live_since: datetime | None
    pruned_at: datetime | None


async def add(
    conn: AsyncConnection,
    version: int,
    origin: MadeBy,
    made_at: datetime,
    metrics: Mapping[str, float],
    *,
    refused: bool = False,
    job_id: int | None = None,
    verdict: Mapping[str, Any] | None = None,
) -> None:
    """Keep a model that does not serve yet."""
    row = {
        "version": version,
        "origin": origin,
        "state": "refused" if refused else "former",
        "made_at": made_at,
        "job_id": job_id,
        "metrics": dict(metrics),
        "verdict": None if verdict is None else dict(verdict),
    }
    await conn.execute(insert(models).values(row))


async def get(conn: AsyncConnection, version: int) -> Model | None:
    """The model of this number, if there is or was one."""
    row = (await conn.execute(select(models).where(models.c.version == version))).one_or_none()
    return None if row is None else Model(**row._asdict())


async def of_job(conn: AsyncConnection, job_id: int) -> Model | None:
    """The model that a training made, if it came so far."""
    row = (await conn.execute(select(models).where(models.c.job_id == job_id))).one_or_none()
    return None if row is None else Model(**row._asdict())


async def live(conn: AsyncConnection) -> Model | None:
    """The model that people are answered from; None before the first start."""
    row = (await conn.execute(select(models).where(models.c.state == "live"))).one_or_none()
    return None if row is None else Model(**row._asdict())


async def every(conn: AsyncConnection) -> list[Model]:
    """All of them, newest first, also the pruned ones."""
    rows = await conn.execute(select(models).order_by(models.c.version.desc()))
    return [Model(**row._asdict()) for row in rows]


async def before_live(conn: AsyncConnection) -> list[Model]:
    """Where to go back to: what was live once and is older than the live one, the newest first."""
    now = await live(conn)
    if now is None:
        return []
    return [
        model
        for model in await every(conn)
        if model.version < now.version and model.live_since is not None and model.pruned_at is None
    ]


async def go_live(conn: AsyncConnection, version: int, at: datetime) -> None:
    """Answer from this model from now on; the one before becomes a former one. Raises UnknownRow."""
    await conn.execute(
        update(models).where(models.c.state == "live", models.c.version != version).values(state="former")
    )
    kept = (models.c.version == version) & models.c.pruned_at.is_(None)
    changed = await conn.execute(update(models).where(kept).values(state="live", live_since=at))
    if changed.rowcount == 0:
        raise UnknownRow(f"no model {version}")


async def refuse(conn: AsyncConnection, version: int, verdict: Mapping[str, Any]) -> None:
    """Keep a model aside for what this verdict says. The live one is left alone."""
    mine = (models.c.version == version) & (models.c.state != "live")
    await conn.execute(update(models).where(mine).values(state="refused", verdict=dict(verdict)))


async def give_up(conn: AsyncConnection, version: int, at: datetime) -> None:
    """Let go of a model that never served: its training makes another, and its number is used by none."""
    mine = (models.c.version == version) & models.c.live_since.is_(None)
    await conn.execute(update(models).where(mine).values(job_id=None, state="refused", pruned_at=at))


async def mark_pruned(conn: AsyncConnection, version: int, at: datetime) -> None:
    """Its artifact is deleted, or about to be. The live one is left alone."""
    mine = (models.c.version == version) & (models.c.state != "live")
    await conn.execute(update(models).where(mine).values(pruned_at=at))


async def withdraw(conn: AsyncConnection, version: int) -> None:
    """Forget a model that never served: its number was taken by another."""
    await conn.execute(delete(models).where(models.c.version == version, models.c.live_since.is_(None)))
