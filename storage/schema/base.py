"""What every table is made of: the metadata that all share, times in UTC, ids, and the two common owners."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, DateTime, Dialect, ForeignKey, Integer, MetaData, TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, UTC datetimes out, whatever the database keeps. Naive ones are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:  # SQLite keeps what we gave it, UTC, and forgets the zone
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY counts up by itself there


def own_id(name: str = "id") -> Column[int]:
    """A number of our own for each row."""
    return Column(name, Id, primary_key=True, autoincrement=True)


def person(*, primary_key: bool = False) -> Column[int]:
    """Whose row it is: it goes with them."""
    owner = ForeignKey("people.id", ondelete="CASCADE")
    return Column("person_id", Id, owner, primary_key=primary_key, nullable=False)


def film(name: str = "film_id", *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    """A film; films are never deleted."""
    return Column(name, Id, ForeignKey("films.id"), primary_key=primary_key, nullable=nullable)
