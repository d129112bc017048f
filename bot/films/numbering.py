"""Which data set numbers the films in the database: a model of another data set cannot answer about them.

`library` knows the number of each film; this module only whose numbers they are.
"""

from __future__ import annotations

from bot.errors import CatalogChanged
from recsys.data.catalog import Catalog
from storage.database import AsyncConnection, facts
from storage.films import editions
from storage.films.films import Film
from storage.running import models

CATALOG_KEY = "catalog"  # the fact that says which data set numbers the films
FILMS_KEY = "films"  # the fact that says which model described them last


async def adopt(conn: AsyncConnection, catalog: Catalog, version: int) -> None:
    """Take the films of a model into storage, unless they were the last that were taken.

    Raises CatalogChanged if another data set numbers those that are there.
    """
    known, last = await facts.get(conn, CATALOG_KEY), await facts.get(conn, FILMS_KEY)
    if last == version:
        return
    await check_numbering(conn, catalog)
    model = await models.get(conn, version)
    by_hand = model is None or model.origin == "hand"
    # An older model that serves again does not undo what a newer one said of the films.
    newest = by_hand and not (isinstance(last, int) and last > version)
    await editions.fill(conn, catalog.source, catalog, overwrite=newest)
    await facts.put(conn, FILMS_KEY, max(version, last) if isinstance(last, int) else version)
    if known is None or newest:
        await facts.put(conn, CATALOG_KEY, numbering_of(catalog))


async def renumber(conn: AsyncConnection, catalog: Catalog, version: int) -> list[Film]:
    """Move the films in storage to another numbering; those that the catalog does not have."""
    unmatched = await editions.migrate(conn, catalog.source, catalog)
    await facts.put(conn, CATALOG_KEY, numbering_of(catalog))
    await facts.put(conn, FILMS_KEY, version)
    return unmatched


def numbering_of(catalog: Catalog) -> dict[str, str]:
    """What storage remembers of the data set that numbers its films."""
    return {"source": catalog.source, "fingerprint": catalog.fingerprint}


async def check_numbering(conn: AsyncConnection, catalog: Catalog) -> None:
    """Raise CatalogChanged if the films in storage are numbered, and by another data set.

    Another edition of the same numbers the same films alike, and adds some: that is fine.
    """
    known = await facts.get(conn, CATALOG_KEY)
    if known is None or known == numbering_of(catalog):
        return
    other = None
    if isinstance(known, dict) and known.get("source") == catalog.source:
        other = await editions.check_same(conn, catalog.source, catalog)
        if other is None:
            return
    why = "" if other is None else f" ({other.movie_id} is another film here than {other.title})"
    raise CatalogChanged(
        f"the database numbers films by {_named(known)}, the model by {_named(numbering_of(catalog))}{why}: "
        "`matinee catalog migrate` moves every rating to its film in the new numbering"
    )


def _named(known: object) -> str:
    return " ".join(known.values()) if isinstance(known, dict) else str(known)
