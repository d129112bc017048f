"""Whether an admin has let a brigade in: for what writes flags, and for trainings, which have no SQL."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet

_NEARLY = 0.8  # of the people found now were let in on these films: the others came upon them by chance


def is_granted(
    person_ids: AbstractSet[int], film_ids: Collection[int], allowed: AbstractSet[tuple[int, int]]
) -> bool:
    """Whether a brigade was let in already: nearly all of its people, on all of its films.

    `person_ids` are those that learning would lose: without whom an admin trusts, and who is kept out anyway.
    `allowed` are people and films as of `storage.running.flags.granted`, numbered as these.
    """
    known = sum(all((person_id, film_id) in allowed for film_id in film_ids) for person_id in person_ids)
    return known > 0 and known >= _NEARLY * len(person_ids)
