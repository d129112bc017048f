"""The schema's history. `migrate` brings a database up to date at start."""

from __future__ import annotations

from storage.database.migrations.upgrade import REVISIONS, build, build_on, migrate, revision

__all__ = ["REVISIONS", "build", "build_on", "migrate", "revision"]
