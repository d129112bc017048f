"""Data sets by name or by path."""

from __future__ import annotations

from pathlib import Path

from recsys.data.dataset import Dataset
from recsys.data.sources.download import DATASETS, fetch
from recsys.data.sources.layouts import read_data_set
from recsys.data.sources.transfer import OnProgress
from recsys.errors import DataUnavailable


def load_dataset(
    source: str | Path, *, folder: Path | None = None, progress: OnProgress | None = None, scale: int = 5
) -> Dataset:
    """Read a MovieLens data set.

    `source` is one of `DATASETS`, downloaded to `folder` (default: `default_folder()`) unless it is there, or
    the path of a folder or zip in the layout of ml-100k, RecBole's ml-100k, ml-1m, or ml-latest-small
    (ratings.csv + movies.csv, and links.csv where there is one). A name wins over a folder of the same name:
    write "./ml-100k" for that one. Ratings keep the order of the file. `scale` is the highest rating
    that a file may hold, 5 or 10: those on a scale of ten are halved into stars. What has a name is on five.

    Raises DataUnavailable for an unknown name, a missing path, or a download that cannot be had; InvalidData
    for a broken or foreign file, with its name, the line and what was expected.
    """
    if isinstance(source, str) and source in DATASETS:
        path = fetch(source, folder or default_folder(), progress)
        scale = 5
    else:
        path = Path(source).expanduser()
        if not path.exists():
            raise DataUnavailable(
                f"{source}: expected one of {', '.join(DATASETS)}, or the path of a folder or zip; "
                "nothing is there"
            )
    if progress:
        progress(f"Reading {path.name}", 0, None)
    ratings, catalog = read_data_set(path, scale)
    if progress:
        progress(f"Reading {path.name}", len(ratings), len(ratings))
    return Dataset(ratings, catalog, catalog.source)


def default_folder() -> Path:
    """Where downloads are kept: "data" in the user's data folder of Matinee."""
    from platformdirs import user_data_path

    return user_data_path("matinee") / "data"
