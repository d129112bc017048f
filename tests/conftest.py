"""What every test of this project stands on: no network but loopback, and where the real data is."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database.migrations import migrate

pytest.register_assert_rewrite("tests.e2e.driving")

_GUARD = Path(__file__).parent / "guard"


def pytest_configure() -> None:
    """Guard this process and all Python processes that tests start; each worker has a file of its own."""
    handle, path = tempfile.mkstemp(prefix="matinee-outside-")
    os.close(handle)
    os.environ["MATINEE_TEST_OUTSIDE"] = path
    if str(_GUARD) not in sys.path:
        sys.path.insert(0, str(_GUARD))
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_GUARD), os.environ.get("PYTHONPATH")]))
        importlib.import_module("sitecustomize")


def pytest_unconfigure() -> None:
    Path(os.environ["MATINEE_TEST_OUTSIDE"]).unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Fails a test during which anybody looked further than loopback, whatever became of the attempt."""
    yield
    outside = Path(os.environ["MATINEE_TEST_OUTSIDE"])
    attempts = outside.read_text(encoding="utf-8")
    outside.write_text("", encoding="utf-8")
    if attempts:
        pytest.fail(f"the network was used:\n{attempts}")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with tables and without rows, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    asyncio.run(migrate(f"sqlite:///{folder / 'matinee.db'}", folder / "backups"))
    return folder / "matinee.db"


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets that `make test` fetches and names in MATINEE_TEST_DATA."""
    folder = os.environ.get("MATINEE_TEST_DATA")
    if not folder:
        pytest.fail("MATINEE_TEST_DATA is not set: run `make test`, or name the folder that holds ml-100k")
    return Path(folder)
