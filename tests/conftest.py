"""What every test of this project stands on: no network but loopback, and where the real data is."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from storage.database.migrations import migrate

pytest.register_assert_rewrite("tests.e2e.driving")
settings.register_profile("few", max_examples=10)  # of `make test-quick`

_TESTS = Path(__file__).parent
_GUARD = _TESTS / "guard"
_BEGUN = time.monotonic()
_started: list[str] = []  # processes, by the test that runs


def pytest_configure() -> None:
    """Guard this process and all Python processes that tests start; each worker has a file of its own."""
    handle, path = tempfile.mkstemp(prefix="matinee-outside-")
    os.close(handle)
    os.environ["MATINEE_TEST_OUTSIDE"] = path
    if str(_GUARD) not in sys.path:
        sys.path.insert(0, str(_GUARD))
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_GUARD), os.environ.get("PYTHONPATH")]))
        importlib.import_module("sitecustomize")
        sys.addaudithook(_note_processes)


def pytest_unconfigure() -> None:
    Path(os.environ["MATINEE_TEST_OUTSIDE"]).unlink(missing_ok=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--at-most", type=float, metavar="MINUTES", help="fail a run that takes longer")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies in these folders starts processes, and who asks for real ratings learns from them."""
    for item in items:
        if item.path.relative_to(_TESTS).parts[0] in ("e2e", "package"):
            item.add_marker("process")
        if "test_data" in getattr(item, "fixturenames", ()):
            item.add_marker("real")


def pytest_sessionfinish(session: pytest.Session) -> None:
    most = session.config.getoption("--at-most")
    if most is not None and _minutes() > most:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The files that take longest, and whether all of them together took too long."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            seconds[report.nodeid.partition("::")[0]] += report.duration
    if len(seconds) > 1:
        terminalreporter.section("slowest files, in seconds of one worker")
        for name, taken in sorted(seconds.items(), key=lambda each: -each[1])[:10]:
            terminalreporter.write_line(f"{taken:6.1f}  {name}")
    most = config.getoption("--at-most")
    if most is not None and _minutes() > most:
        terminalreporter.write_line(f"FAILED: {_minutes():.1f} minutes, more than {most:g}", red=True)


def _minutes() -> float:
    """Since this process loaded the tests."""
    return (time.monotonic() - _BEGUN) / 60


@pytest.fixture(autouse=True)
def no_process_unless_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that starts a process and does not say so: `make test-quick` leaves out those that do."""
    if request.node.get_closest_marker("process") is not None:
        yield
        return
    _started.clear()
    yield
    if _started:
        pytest.fail(f"a test that starts a process is marked so: {_started}")


def _note_processes(event: str, args: tuple[Any, ...]) -> None:
    if event in ("subprocess.Popen", "os.fork", "os.posix_spawn"):
        _started.append(str(args[:2]))


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
