"""The use cases of the admin's panel: what each of its pages shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.admin.training.service import TrainingOverview, Trainings
from storage.database import Database
from storage.running import backups, counts, models, weeks
from storage.running.backups import Backups
from storage.running.counts import FilmCounts, PeopleCounts
from storage.running.models import Model
from storage.running.weeks import Week


@dataclass(frozen=True, slots=True)
class Overview:
    """In a line each: the live model, the training under way, people, films, and backups: None where they are
    off, or were not looked at yet."""

    live: Model | None
    training: TrainingOverview
    people: PeopleCounts
    films: FilmCounts
    backups: Backups | None


@dataclass(frozen=True, slots=True)
class ModelsSummary:
    """The live model, how many there are to go back to, and how many the gate refused."""

    live: Model | None
    kept: int
    refused: int


class AdminPanel:
    """Reads for each page what it shows."""

    def __init__(self, database: Database, trainings: Trainings, *, backs_up: bool) -> None:
        self._backs_up = backs_up
        self._database = database
        self._trainings = trainings

    async def home(self, at: datetime) -> Overview:
        """The first page."""
        training = await self._trainings.overview(at)
        async with self._database.read() as conn:
            return Overview(
                await models.live(conn),
                training,
                await counts.people(conn, at),
                await counts.films(conn),
                await backups.get(conn) if self._backs_up else None,
            )

    async def models(self) -> ModelsSummary:
        """The page of models."""
        async with self._database.read() as conn:
            every = [model for model in await models.every(conn) if model.pruned_at is None]
        live = next((model for model in every if model.state == "live"), None)
        states = [model.state for model in every]
        return ModelsSummary(live, states.count("former"), states.count("refused"))

    async def training(self, at: datetime) -> TrainingOverview:
        """The page of trainings."""
        return await self._trainings.overview(at)

    async def people(self, at: datetime) -> PeopleCounts:
        """The page of people."""
        async with self._database.read() as conn:
            return await counts.people(conn, at)

    async def quality(self) -> Week | None:
        """The page of what is measured week by week: the newest week, None before the first."""
        async with self._database.read() as conn:
            return await weeks.last(conn)

    async def content(self) -> FilmCounts:
        """The page of films."""
        async with self._database.read() as conn:
            return await counts.films(conn)
