"""What the admin's panel shows, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.admin.training.service import Training, Trainings
from storage.database import Database
from storage.running import counts, models, weeks
from storage.running.counts import Crowd, Stock
from storage.running.models import Model


@dataclass(frozen=True, slots=True)
class Home:
    """In a line each: the live model, the training under way, people, films."""

    live: Model | None
    training: Training
    crowd: Crowd
    stock: Stock


@dataclass(frozen=True, slots=True)
class Models:
    """The live model, how many there are to go back to, and how many the gate refused."""

    live: Model | None
    kept: int
    refused: int


@dataclass(frozen=True, slots=True)
class People:
    """Who there is."""

    crowd: Crowd


@dataclass(frozen=True, slots=True)
class Quality:
    """The newest week that was measured, as 2026-W48, and its figures; None before the first."""

    week: str | None
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """What films there are."""

    stock: Stock


Page = Home | Models | Training | People | Quality | Content


class Panel:
    """Reads for each page what it shows."""

    def __init__(self, database: Database, trainings: Trainings) -> None:
        self._database = database
        self._trainings = trainings

    async def home(self, at: datetime) -> Home:
        """The first page."""
        training = await self._trainings.state(at)
        async with self._database.read() as conn:
            live, crowd, stock = (
                await models.live(conn),
                await counts.crowd(conn, at),
                await counts.stock(conn),
            )
        return Home(live, training, crowd, stock)

    async def models(self) -> Models:
        """The page of models."""
        async with self._database.read() as conn:
            every = [model for model in await models.every(conn) if model.pruned_at is None]
        live = next((model for model in every if model.state == "live"), None)
        states = [model.state for model in every]
        return Models(live, states.count("former"), states.count("refused"))

    async def training(self, at: datetime) -> Training:
        """The page of trainings."""
        return await self._trainings.state(at)

    async def people(self, at: datetime) -> People:
        """The page of people."""
        async with self._database.read() as conn:
            return People(await counts.crowd(conn, at))

    async def quality(self) -> Quality:
        """The page of what is measured week by week."""
        async with self._database.read() as conn:
            found = await weeks.last(conn)
        return Quality(None, {}) if found is None else Quality(found.week, found.figures)

    async def content(self) -> Content:
        """The page of films."""
        async with self._database.read() as conn:
            return Content(await counts.stock(conn))
