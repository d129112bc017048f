"""Which model answers: the live one in the database, read from the `store`, wherever it was promoted.

What an operator made on the command line (`matinee prepare`, `matinee train`) goes live at the next start if
it is newer than what is live; what a training made goes live by the gate alone, or by an admin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from bot.errors import BotError, CatalogChanged, NotPrepared, StoreFailed
from bot.films.library import Library, ServedCatalog, load_served_catalog
from bot.films.store import ModelStore, open_store
from bot.films.taste import Taste
from bot.process.bells import Bell
from bot.process.metrics import Metrics
from bot.process.settings import Settings
from recsys.errors import ArtifactError
from recsys.recommender import Recommender
from recsys.serving.artifact import Manifest
from storage.database import AsyncConnection, Database
from storage.database.migrations import REVISIONS, revision
from storage.errors import StorageError
from storage.running import audit, models, notices

log = structlog.get_logger(__name__)

_BY_HAND = "hand"  # the origin of what the command line made
_LOOK_EVERY = 5.0  # seconds; a promotion on this machine rings the bell, one elsewhere waits so long


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model that was read and found sound."""

    version: int
    recommender: Recommender
    made_at: datetime


class Serving:
    """The model in use, and the films it speaks of."""

    def __init__(
        self,
        database: Database,
        store: ModelStore,
        admin_ids: Sequence[int],
        metrics: Metrics,
        chosen: Chosen,
        served: ServedCatalog,
    ) -> None:
        self._database = database
        self._store = store
        self._admin_ids = admin_ids
        self._metrics = metrics
        self._chosen = chosen
        self.library = Library(served)
        self.taste = Taste(served.recommender, self.library, metrics)
        metrics.serving(str(chosen.version), chosen.made_at)
        self._bell = Bell()
        self._awaited: int | None = None  # live, and its store does not answer
        self._turn = asyncio.Lock()

    @classmethod
    async def begin(
        cls, database: Database, store: ModelStore, admin_ids: Sequence[int], metrics: Metrics
    ) -> Serving:
        """Serve what there is to serve. Raises NotPrepared, StoreFailed, CatalogChanged."""
        chosen = await choose(database, store, admin_ids)
        served = await load_served_catalog(database, chosen.recommender, chosen.version)
        return cls(database, store, admin_ids, metrics, chosen, served)

    @property
    def version(self) -> int:
        """The number of the model in use."""
        return self._chosen.version

    @property
    def recommender(self) -> Recommender:
        """The model in use, as its artifact has it."""
        return self._chosen.recommender

    def ring(self) -> None:
        """Have `follow` look at once."""
        self._bell.ring()

    async def read(self, version: int) -> Chosen:
        """Read a model without using it. Raises NotPrepared or StoreFailed, which say why it cannot serve."""
        return await asyncio.to_thread(_read, self._store, version)

    async def use(self, chosen: Chosen) -> None:
        """Answer from another model from now on; what is being answered ends on the one before.

        Raises CatalogChanged for a model of other films.
        """
        async with self._turn:
            served = await load_served_catalog(self._database, chosen.recommender, chosen.version)
            self._chosen = chosen
            self._swap(served)
            self._metrics.serving(str(chosen.version), chosen.made_at)
        log.info("another model serves", model=chosen.version)

    async def reload_films(self) -> None:
        """Answer with the films that came since the model was taken into use, too."""
        async with self._turn:
            chosen = self._chosen
            self._swap(await load_served_catalog(self._database, chosen.recommender, chosen.version))

    def _swap(self, served: ServedCatalog) -> None:
        self.library.swap(served)
        self.taste.swap(served.recommender)

    async def follow(self) -> None:
        """Use what the database says is live, until cancelled."""
        while True:
            try:
                await self._catch_up()
            except StorageError as error:
                log.warning("the live model is not known for now", cause=str(error))
            await self._bell.wait(_LOOK_EVERY)

    async def _catch_up(self) -> None:
        async with self._database.read() as conn:
            live = await models.live(conn)
        if live is None or live.version == self.version:
            return
        try:
            await self.use(await self.read(live.version))
        except (NotPrepared, CatalogChanged) as error:
            await self._refuse(live.version, error)
        except StoreFailed as error:  # nothing is wrong with the model: the next look may find it
            if self._awaited != live.version:
                log.warning("the live model cannot be had for now", model=live.version, cause=str(error))
            self._awaited = live.version
            return
        self._awaited = None

    async def _refuse(self, version: int, error: BotError) -> None:
        """What cannot be read does not serve: the database says again what does, and admins hear of it."""
        log.error("the live model cannot be used", model=version, cause=str(error))
        now = datetime.now(UTC)
        async with self._database.write() as conn:
            await models.go_live(conn, self.version, now)
            await audit.add(conn, "fallback", now, version=version, live=self.version)
            payload = {"version": version, "live": self.version, "reason": str(error)}
            await notices.add(conn, self._admin_ids, "broken", payload, now)


async def choose(database: Database, store: ModelStore, admin_ids: Sequence[int]) -> Chosen:
    """The model to start with; the database says then that it is live. Raises NotPrepared, StoreFailed.

    A damaged one is passed over, and admins get a notice. One whose store does not answer stays live: another
    answers until `Serving.follow` can read it.
    """
    found = await asyncio.to_thread(_manifests, store)
    now = datetime.now(UTC)
    async with database.write() as conn:
        known = {model.version: model for model in await models.every(conn)}
        for version, manifest in found.items():
            if version not in known and manifest.origin == _BY_HAND:
                await models.add(conn, version, "hand", manifest.created_at, manifest.metrics)
        live = await models.live(conn)
        order = await _order(conn)
    away = False
    for version in order:
        try:
            chosen = await asyncio.to_thread(_read, store, version)
        except (NotPrepared, StoreFailed) as error:
            log.warning("model passed over", model=version, cause=str(error))
            away = away or isinstance(error, StoreFailed)
            continue
        if live is None or (live.version != version and not away):
            async with database.write() as conn:
                await models.go_live(conn, version, now)
                if version != order[0]:
                    await audit.add(conn, "fallback", now, version=order[0], live=version)
                    payload = {"version": order[0], "live": version, "reason": ""}
                    await notices.add(conn, admin_ids, "broken", payload, now)
        return chosen
    raise NotPrepared("there is no usable model: `matinee prepare` makes one")


def live_model(settings: Settings) -> tuple[int, Recommender]:
    """The model that `matinee run` would start with, for commands that only read. Raises NotPrepared."""
    store = open_store(settings.models, settings.artifacts)
    found = _manifests(store)
    known, order = asyncio.run(known_models(settings.database))
    by_hand = [version for version, each in found.items() if each.origin == _BY_HAND and version not in known]
    for version in [*sorted(by_hand, reverse=True), *order]:
        try:
            return version, _read(store, version).recommender
        except (NotPrepared, StoreFailed) as error:
            log.warning("model passed over", model=version, cause=str(error))
    raise NotPrepared(f"there is no usable model in {settings.models}: `matinee prepare` makes one")


async def known_models(url: str) -> tuple[set[int], list[int]]:
    """What a database knows of models, and the order in which they may serve; nothing is made.

    What it does not know was made by hand since the last start, and comes first.
    """
    if await revision(url) != REVISIONS[-1]:
        return set(), []
    database = await Database.open(url)
    try:
        async with database.read() as conn:
            return {model.version for model in await models.every(conn)}, await _order(conn)
    finally:
        await database.close()


async def _order(conn: AsyncConnection) -> list[int]:
    """Versions that may serve, the best first: a newer one made by hand, the live one, those before it."""
    every = [model for model in await models.every(conn) if model.pruned_at is None]
    live = await models.live(conn)
    if live is None:
        return [model.version for model in every if model.origin == "hand"]
    newer = [
        model.version
        for model in every
        if model.version > live.version and model.origin == "hand" and model.live_since is None
    ]
    before = [model.version for model in await models.before_live(conn)]
    spare = [model.version for model in every if model.state != "refused"]
    return list(dict.fromkeys([*newer, live.version, *before, *spare]))


def _manifests(store: ModelStore) -> dict[int, Manifest]:
    """What the artifacts say of themselves; one that cannot be read says nothing."""
    found = {}
    for version in store.versions():
        try:
            found[version] = store.manifest(version)
        except NotPrepared as error:
            log.warning("model passed over", model=version, cause=str(error))
    return found


def _read(store: ModelStore, version: int) -> Chosen:
    try:
        recommender = Recommender.load(store.fetch(version))
        return Chosen(version, recommender, store.manifest(version).created_at)
    except ArtifactError as error:
        raise NotPrepared(str(error)) from error
