"""The header of a file with columns: which column stands where, under whichever of its spellings."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.errors import InvalidData

_BETWEEN = str.maketrans("", "", " _")


def header_positions(
    header: Sequence[str],
    wanted: dict[str, tuple[str, ...]],
    optional: Sequence[str],
    place: str,
    line: int = 1,
) -> dict[str, int]:
    """Positions of columns by name: without regard to case, spaces, underscores, or a type behind a colon.

    `wanted` maps a name to the spellings that mean it; of the `optional` ones the result has those that are
    there. Raises InvalidData when another is missing or one is there twice.
    """
    keys = [cell.split(":")[0].strip().casefold().translate(_BETWEEN) for cell in header]
    positions: dict[str, int] = {}
    for column, spellings in wanted.items():
        found = [at for at, key in enumerate(keys) if key in {name.casefold() for name in spellings}]
        if len(found) > 1:
            raise InvalidData(f"{place}, line {line}: expected one column {column}, found {len(found)}")
        if not found and column not in optional:
            needed = ", ".join(name for name in wanted if name not in optional)
            raise InvalidData(
                f"{place}, line {line}: expected a header with the columns {needed}; "
                f"{column} is missing in {','.join(header)[:80]!r}"
            )
        if found:
            positions[column] = found[0]
    return positions
