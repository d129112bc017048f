"""A training from its row to the model that serves, and every way to be cut off on it."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, select

import recsys
from bot.doctor import Level, contents
from bot.errors import StoreFailed, TrainingFailed
from bot.films.serving import Serving, choose
from bot.films.store import ModelStore, open_store
from bot.process.bells import Bell
from bot.process.metrics import Metrics
from bot.process.settings import Settings
from bot.training.child import Reporter, train
from bot.training.folder import (
    PEOPLE_FROM,
    Outcome,
    Snapshot,
    artifact_of,
    read_outcome,
    read_snapshot,
    read_task,
    work_folder,
    write_outcome,
)
from bot.training.learning import join
from bot.training.parent import CHILD
from bot.training.preparing import train_model
from bot.training.progress import PHASES, Progress
from bot.training.publishing import LEASE, LIVE_CHANGED, Publisher
from bot.training.runner import Runner
from bot.training.snapshot import take_snapshot
from bot.training.tidying import Tidier
from recsys.data.dataset import Dataset
from recsys.data.sources.datasets import load_dataset
from recsys.errors import DataUnavailable
from recsys.serving.artifact import read_manifest
from storage.database import Database
from storage.errors import WrongState
from storage.films import editions, films
from storage.films.films import Film
from storage.people import people, ratings
from storage.running import flags, jobs, models, notices, standings
from storage.running.jobs import Job
from storage.running.models import Model
from storage.schema import additions, audit, merges
from storage.schema import films as film_rows

pytestmark = pytest.mark.process

ADMIN = 5_170_000_001
N_FILMS = 30
QUICK = recsys.TrainingConfig(
    device="cpu",
    pmf=recsys.PmfConfig(factors=4, chains=1, sweeps=20, draws=4, implicit=4),
    ranker=recsys.RankerConfig(factors=6, sweeps=3),
)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of two kinds of people and two kinds of films, each kind liking its own."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("data") / "tiny"
    folder.mkdir()
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(1, 121):
        for movie in sorted(rng.permutation(N_FILMS)[:14].tolist()):
            stars = (4.5 if movie % 2 == user % 2 else 2.0) + rng.choice([-0.5, 0, 0.5])
            lines.append(f"{user},{movie + 1},{stars},9")
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")
    rows = [f'{n},"Film {n} ({1970 + n})",{"Comedy" if n % 2 else "Drama"}' for n in range(1, N_FILMS + 1)]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *rows]) + "\n")
    return folder


@pytest.fixture(scope="session")
def trained(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models folder of a home with one model, made by hand."""
    home = tmp_path_factory.mktemp("trained")
    train_model(load_dataset(tiny), Settings(home=home), QUICK, lambda step: None)
    return home / "models"


@pytest.fixture
def settings(trained: Path, tiny: Path, tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    shutil.copytree(trained, home / "models", copy_function=os.link)
    return Settings(home=home, dataset=str(tiny), admin_ids=(ADMIN,), keep_models=2)


@pytest.fixture
def store(settings: Settings) -> ModelStore:
    return open_store(settings.models, None)


@pytest.fixture
async def serving(database: Database, store: ModelStore, metrics: Metrics) -> Serving:
    return await Serving.begin(database, store, (ADMIN,), metrics)


@pytest.fixture
def runner(database: Database, store: ModelStore, settings: Settings, serving: Serving) -> Runner:
    return new_runner(database, store, settings)


def new_runner(database: Database, store: ModelStore, settings: Settings, owner: str = "bot") -> Runner:
    return Runner(database, store, settings, owner, bell=Bell(), done=lambda: None, threads=1)


@pytest.fixture
def ask(database: Database, serving: Serving) -> Callable[..., Awaitable[Job]]:
    async def add(kind: jobs.Kind = "full", asked_by: int | None = None) -> Job:
        async with database.write() as conn:
            job = await jobs.add(conn, kind, "command", datetime.now(UTC), asked_by)
        assert job is not None
        return job

    return add


Ask = Callable[..., Awaitable[Job]]


@pytest.fixture
def train_here(database: Database, store: ModelStore, settings: Settings) -> Callable[[Job], Awaitable[None]]:
    """What the child of a training does, in this process, which has torch already: a runner publishes it."""

    async def work(job: Job) -> None:
        folder = work_folder(settings.home, job.id)
        await take_snapshot(database, store, settings, job, folder, None)
        await asyncio.to_thread(train, folder, Reporter(io.StringIO()))

    return work


TrainHere = Callable[[Job], Awaitable[None]]


async def row(database: Database, job: Job) -> Job:
    async with database.read() as conn:
        found = await jobs.get(conn, job.id)
    assert found is not None
    return found


async def reached(database: Database, job: Job, phase: str) -> None:
    """Wait until a training is so far."""
    async with asyncio.timeout(60):
        while True:
            if (await row(database, job)).phase == phase:
                return
            await asyncio.sleep(0.005)


async def live_version(database: Database) -> int:
    async with database.read() as conn:
        live = await models.live(conn)
    assert live is not None
    return live.version


async def every_model(database: Database) -> dict[int, Model]:
    async with database.read() as conn:
        return {model.version: model for model in await models.every(conn)}


async def told(database: Database) -> list[dict[str, Any]]:
    """What admins are told."""
    async with database.read() as conn:
        found = await notices.due(conn, datetime.now(UTC) + timedelta(days=1))
    assert all((each.telegram_id, each.kind) == (ADMIN, "outcome") for each in found)
    return [each.payload for each in found]


async def acts(database: Database) -> list[tuple[str, int, dict[str, Any]]]:
    async with database.read() as conn:
        rows = await conn.execute(select(audit.c.act, audit.c.actor, audit.c.details).order_by(audit.c.id))
        return [tuple(each) for each in rows]


async def stored(database: Database) -> dict[int, Film]:
    """Our films, by their numbers in the data set."""
    async with database.read() as conn:
        return {film.source_id: film for film in await films.every(conn) if film.source_id is not None}


async def meet(database: Database, telegram_id: int, **stars: float) -> int:
    """Somebody who gave these stars: f7=4.0."""
    known = await stored(database)
    now = datetime.now(UTC)
    async with database.write() as conn:
        person = await people.meet(conn, telegram_id, "en", now)
        for name, value in stars.items():
            await ratings.rate(conn, person.id, known[int(name[1:])].id, value, now)
    return person.id


async def add_film(database: Database, source_id: int, title: str) -> int:
    """As an admin's /addmovie does."""
    row = {"source": "tiny", "source_id": source_id, "title": title, "year": 2026, "genres": ["Drama"]}
    async with database.write() as conn:
        made = await conn.execute(insert(film_rows).values(**row, alternatives=[]).returning(film_rows.c.id))
        film_id: int = made.scalar_one()
        await conn.execute(insert(additions).values(film_id=film_id, added_at=datetime.now(UTC)))
    return film_id


# ------------------------------------------------------------------------------------------ the snapshot


async def test_a_snapshot_holds_what_may_be_learned_from(
    database: Database, store: ModelStore, settings: Settings, ask: Ask
) -> None:
    ann = await meet(database, 71, f1=5.0, f2=1.0, f3=3.0)
    bob = await meet(database, 72, f1=0.5)
    added = await add_film(database, -1, "A Film of Ours")
    known = await stored(database)
    async with database.write() as conn:
        now = datetime.now(UTC)
        await ratings.mute(conn, ann, known[2].id, now)
        await ratings.rate(conn, ann, added, 4.0, now)
        await standings.put(conn, [bob], "kept_out", "admin", now)
        await conn.execute(insert(merges).values(film_id=known[9].id, into_id=known[8].id, merged_at=now))
    job = await ask("fine")
    await take_snapshot(database, store, settings, job, settings.home / "work" / "job-1", 1)
    snapshot, task = (
        read_snapshot(settings.home / "work" / "job-1"),
        read_task(settings.home / "work" / "job-1"),
    )
    given = zip(snapshot.user_ids - PEOPLE_FROM, snapshot.movie_ids, snapshot.values, strict=True)
    assert sorted(map(tuple, given)) == [(ann, -1, 4.0), (ann, 1, 5.0), (ann, 3, 3.0), (bob, 1, 0.5)]
    assert (snapshot.timestamps > 1.7e9).all()
    assert snapshot.kept_out.tolist() == [bob + PEOPLE_FROM]
    assert snapshot.merged.tolist() == [[9, 8]]
    assert {film.movie_id for film in snapshot.films} == {-1, *range(1, N_FILMS + 1)}
    assert task.live_version == 1
    assert (task.kind, task.seed, task.source, task.dataset) == ("fine", job.id, "tiny", settings.dataset)
    assert Path(task.live) == settings.models / "0001"


def snapshot_of(
    *rated: tuple[int, int, float, int], merged: list[list[int]], more: int | None = None
) -> Snapshot:
    users, movies, stars, times = zip(*rated, strict=True)
    added = () if more is None else (recsys.Film(more, "More", 2026, ("Drama",)),)
    nobody = np.empty(0, np.int64)
    return Snapshot(
        np.array(users, np.int64),
        np.array(movies, np.int64),
        np.array(stars, np.float32),
        np.array(times, np.int64),
        nobody,
        nobody,
        np.empty((0, 2), np.int64),
        np.array(merged, np.int64).reshape(-1, 2),
        added,
    )


def test_films_that_are_one_count_as_one_in_the_data_set_too() -> None:
    catalog = recsys.Catalog([recsys.Film(n, f"Film {n}") for n in (5, 3, 8)], "tiny")
    base = recsys.Ratings.from_arrays([1, 1, 2], [3, 5, 3], [2.0, 4.0, 1.0], [10, 5, 7])
    ann = PEOPLE_FROM + 1
    found, films = join(
        Dataset(base, catalog, "tiny"),
        snapshot_of((ann, -1, 5.0, 9), (ann, 8, 3.0, 9), merged=[[3, 5]], more=-1),
    )
    rated = zip(found.user_ids.tolist(), found.movie_ids.tolist(), found.values.tolist(), strict=True)
    assert set(rated) == {(1, 5, 2.0), (2, 5, 1.0), (ann, -1, 5.0), (ann, 8, 3.0)}  # 1 said last: two stars
    assert films.movie_ids.tolist() == [5, 3, 8, -1]


def test_a_data_set_whose_people_have_our_numbers_is_refused() -> None:
    catalog = recsys.Catalog([recsys.Film(1, "One")], "tiny")
    base = recsys.Ratings.from_arrays([PEOPLE_FROM + 1], [1], [2.0])
    with pytest.raises(TrainingFailed, match="numbers a person 1000000000001"):
        join(Dataset(base, catalog, "tiny"), snapshot_of((PEOPLE_FROM + 1, 1, 5.0, 9), merged=[]))


# -------------------------------------------------------------------------------------------- to the end


async def test_a_training_brings_what_people_said_and_what_admins_added_into_use(
    database: Database, runner: Runner, ask: Ask, serving: Serving, settings: Settings
) -> None:
    """Also: who is kept out is in no model, and whoever asked is on record."""
    ann = await meet(database, 71, **{f"f{n}": 4.0 for n in range(1, 12)})
    bob = await meet(database, 72, **{f"f{n}": 2.0 for n in range(1, 12)})
    added = await add_film(database, -1, "A Film of Ours")
    async with database.write() as conn:
        await standings.put(conn, [bob], "kept_out", "admin", datetime.now(UTC))
    job = await ask("fine", ADMIN)
    assert await runner.once()
    ended = await row(database, job)
    assert (ended.state, ended.outcome, ended.version, ended.error) == ("done", "promoted", 2, None)
    made = (await every_model(database))[2]
    assert (made.state, made.origin, made.job_id) == ("live", "fine", job.id)
    assert made.verdict is not None
    assert made.verdict["passed"] is True
    assert "holdout_rmse" in made.metrics
    manifest = read_manifest(settings.models / "0002")
    assert (manifest.origin, manifest.preliminary, manifest.metrics) == ("fine", False, made.metrics)
    chosen = await serving.read(2)
    assert PEOPLE_FROM + ann in chosen.recommender.user_ids
    assert PEOPLE_FROM + bob not in chosen.recommender.user_ids
    await serving.use(chosen)  # it numbers films as the database does, but for those of the admins
    assert serving.library.movie_id(added) == -1
    (payload,) = await told(database)
    assert payload == {
        "job": job.id,
        "kind": "fine",
        "reason": "command",
        "outcome": "promoted",
        "version": 2,
        "live": 1,
        "verdict": made.verdict,
        "error": None,
    }
    assert await acts(database) == [("promoted", ADMIN, {"version": 2, "job": job.id})]
    assert list((settings.home / "work").iterdir()) == []
    assert not await runner.once()


@pytest.fixture
def noisy_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no text, JSON that is no message, messages that cannot be, and a line without an end."""
    noise = tmp_path / "noise"
    noise.mkdir()
    (noise / "sitecustomize.py").write_text(
        "import os, sys\n"
        "junk = [b'\\xff\\xfe\\x00', b'[1, 2]', b'null', b'{', b'{\"event\": \"step\"}', b'x' * 3_000_000]\n"
        'junk += [b\'{"event": "phase", "phase": "publishing"}\', b\'{"event": "phase", "phase": []}\']\n'
        'junk += [b\'{"event": "step", "part": "stars", "number": 9, "total": 3}\', b\'{"event": 7}\']\n'
        "if 'bot.training.child' in sys.orig_argv:\n"
        "    os.write(1, b'\\n'.join(junk) + b'\\n')\n"
        "    os.write(2, b'\\xff not text either\\n')\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(noise), os.environ["PYTHONPATH"]]))


@pytest.mark.usefixtures("noisy_children")
async def test_progress_is_told_in_the_row_whatever_the_child_prints_besides(
    database: Database, runner: Runner, ask: Ask
) -> None:
    job = await ask("full")
    work = asyncio.create_task(runner.once())
    seen: dict[str, dict[str, Any]] = {}
    phases = []
    while not work.done():
        found = await row(database, job)
        phases.append(found.phase or "snapshot")
        if found.phase is not None and found.progress is not None:
            seen[found.phase] = found.progress
        await asyncio.sleep(0.02)
    assert await work
    assert phases == sorted(phases, key=list(PHASES).index)
    ended = await row(database, job)
    assert (ended.state, ended.phase) == ("done", "publishing")
    assert ended.progress is not None
    assert [phase for phase in seen if phase in ("checking", "training", "gate")] == [
        "checking",
        "training",
        "gate",
    ]
    done = [progress["done"] for progress in (*seen.values(), ended.progress)]
    assert done == sorted(done)
    last = ended.progress
    sweeps = recsys.TrainingConfig().ranker.sweeps  # a full one has the settings of today
    assert (last["part"], last["number"], last["total"]) == ("ranker", sweeps, sweeps)
    assert all(train > 0 for train, *_ in last["curve"])


async def test_an_arranged_crowd_is_flagged_and_left_out_at_once(
    database: Database, runner: Runner, ask: Ask, serving: Serving, train_here: TrainHere
) -> None:
    crowd = [await meet(database, 900 + n, f4=5.0, f6=0.5, f8=5.0) for n in range(40)]
    await meet(database, 71, **{f"f{n}": 4.0 for n in range(1, 12)})
    job = await ask("fine")
    await train_here(job)
    assert await runner.once()
    assert (await row(database, job)).state == "done"
    async with database.read() as conn:
        (flag,) = await flags.every(conn)
        out = await standings.kept_out(conn)
    assert set(flag.person_ids) == out == set(crowd)
    chosen = await serving.read(2)
    assert not {PEOPLE_FROM + each for each in crowd} & set(chosen.recommender.user_ids.tolist())


async def test_who_was_let_in_on_a_film_is_left_out_again_at_another_but_for_whom_an_admin_trusts(
    database: Database, runner: Runner, ask: Ask, serving: Serving, train_here: TrainHere
) -> None:
    """What a training learns from and what the database says afterwards is the same each time."""
    crowd = [await meet(database, 900 + n, f4=5.0) for n in range(40)]
    await meet(database, 71, **{f"f{n}": 4.0 for n in range(1, 12)})
    async with database.write() as conn:
        await standings.put(conn, crowd[:1], "let_in", "admin", datetime.now(UTC))

    async def learned() -> set[int]:
        job = await ask("fine")
        await train_here(job)
        assert await runner.once()
        version = (await row(database, job)).version
        assert version is not None
        made = (await serving.read(version)).recommender
        return set(crowd) & {int(each) - PEOPLE_FROM for each in made.user_ids}

    async def push(number: int) -> None:
        film_id = (await stored(database))[number].id
        async with database.write() as conn:
            for each in crowd:
                await ratings.rate(conn, each, film_id, 5.0, datetime.now(UTC))

    async def let_in() -> list[flags.Flag]:
        async with database.write() as conn:
            for flag in await flags.every(conn):
                await flags.decide(conn, flag, "let_in", datetime.now(UTC))
            return await flags.every(conn)

    trusted = set(crowd[:1])
    assert await learned() == trusted
    before = await let_in()
    assert len(await learned()) > 0.8 * len(crowd)  # of some, the only ratings are held out
    await push(6)
    assert await learned() == trusted
    async with database.read() as conn:
        assert await standings.kept_out(conn) == set(crowd) - trusted
        new, *old = await flags.every(conn)
        news = await notices.due(conn, datetime.now(UTC) + timedelta(days=1))
    assert (new.state, set(new.person_ids), old) == ("open", set(crowd) - trusted, before)
    flagged = [each.payload["flag_id"] for each in news if each.kind == "flag"]
    assert flagged == [before[0].id, new.id]
    await let_in()
    assert len(await learned()) > 0.8 * len(crowd)


# ---------------------------------------------------------------------------------------------- failures


async def test_data_that_have_changed_fail_in_the_open(
    database: Database, store: ModelStore, settings: Settings, ask: Ask, tiny: Path, tmp_path: Path
) -> None:
    changed = shutil.copytree(tiny, tmp_path / "changed" / "tiny")
    with (changed / "movies.csv").open("a") as file:
        file.write('99,"A Newer One (2026)",Drama\n')
    job = await ask("full")
    runner = new_runner(database, store, settings.model_copy(update={"dataset": str(changed)}))
    assert await runner.once()
    ended = await row(database, job)
    assert (ended.state, ended.outcome) == ("failed", None)
    assert ended.error is not None
    assert "`matinee catalog migrate` moves the ratings" in ended.error
    (payload,) = await told(database)
    assert (payload["outcome"], payload["version"], payload["live"]) == (None, None, 1)
    assert payload["error"] == ended.error
    assert await live_version(database) == 1


async def test_data_that_are_gone_are_named(
    database: Database, store: ModelStore, settings: Settings, ask: Ask, tmp_path: Path
) -> None:
    gone = settings.model_copy(update={"dataset": str(tmp_path / "gone" / "tiny")})
    await take_snapshot(database, store, gone, await ask("fine"), tmp_path / "job", None)
    with pytest.raises(DataUnavailable, match="nothing is there"):
        train(tmp_path / "job", Reporter(io.StringIO()))


async def test_a_training_whose_processes_always_die_is_given_up(
    database: Database, runner: Runner, ask: Ask
) -> None:
    job = await ask("full")
    for _ in range(3):  # the process of this name that starts again
        await died_in(database, await claimed(database, job), "checking")
    assert await runner.once()
    ended = await row(database, job)
    assert ended.state == "failed"
    assert ended.error == "given up: the process that trained ended 3 times, last in checking"
    assert [each["error"] for each in await told(database)] == [ended.error]
    assert await live_version(database) == 1


async def test_a_child_that_cannot_even_start_says_why(
    database: Database, runner: Runner, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'bot.training.child' in sys.orig_argv:\n"
        "    os.write(2, b'Traceback\\nMemoryError: no room\\n\\n')\n"
        "    os._exit(3)\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]]))
    job = await ask("full")
    assert await runner.once()
    ended = await row(database, job)
    assert ended.state == "failed"
    assert ended.error == "the training process ended with 3: MemoryError: no room"


async def test_stopped_while_it_trains(
    database: Database, runner: Runner, ask: Ask, settings: Settings
) -> None:
    job = await ask("full")
    work = asyncio.create_task(runner.once())
    await reached(database, job, "checking")
    async with database.write() as conn:
        assert await jobs.ask_to_stop(conn, job.id, datetime.now(UTC))
    assert await work
    ended = await row(database, job)
    assert (ended.state, ended.version, ended.error) == ("stopped", None, None)
    assert await told(database) == []
    assert list((settings.home / "work").iterdir()) == []
    assert await live_version(database) == 1


async def test_whoever_has_lost_the_training_leaves_it_alone(
    database: Database, store: ModelStore, settings: Settings, ask: Ask
) -> None:
    """A process that was asleep for longer than its lease finds that another one has taken over."""
    job = await ask("full")
    slow = asyncio.create_task(new_runner(database, store, settings, "worker:slow").once())
    await reached(database, job, "checking")
    async with database.write() as conn:
        assert await jobs.claim(conn, "worker:other", datetime.now(UTC) + 2 * LEASE, LEASE) is not None
    assert await slow
    found = await row(database, job)
    assert (found.state, found.owner, found.version) == ("running", "worker:other", None)
    assert await live_version(database) == 1


async def test_a_child_ends_with_its_parent(
    database: Database, store: ModelStore, settings: Settings, ask: Ask
) -> None:
    """The parent's end of its standard input closes; that nobody reads what it says is no sign of that."""
    folder = settings.home / "work" / "job-1"
    await take_snapshot(database, store, settings, await ask("fine"), folder, 1)
    words = (sys.executable, "-m", CHILD, str(folder))
    child = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=DEVNULL)
    assert child.stdin is not None
    child.stdin.close()
    assert await child.wait() == 1
    assert read_outcome(folder) is None


# -------------------------------------------------------------------------------------------- publishing


class Died(BaseException):
    """What `kill -9` looks like from inside: nothing after it happens."""


class Fragile:
    """A store in a process that dies at one of its calls: before the call has an effect, or after it."""

    def __init__(self, store: ModelStore, call: str, *, after: bool = False) -> None:
        self._store, self._call, self._after = store, call, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)
        if name != self._call:
            return real

        def dying(*args: Any) -> None:
            if self._after:
                real(*args)
            raise Died(name)

        return dying


async def test_a_film_that_got_its_number_after_the_training_is_answered_with(
    database: Database, runner: Runner, ask: Ask, serving: Serving, train_here: TrainHere
) -> None:
    ann = await meet(database, 71, **{f"f{n}": 4.0 for n in range(1, 12)})
    async with database.write() as conn:
        ours = recsys.Film(0, "Ours", 2020, ("Drama",))
        own = await editions.add(conn, "tiny", ours, datetime.now(UTC))
    await serving.reload_films()
    await train_here(await ask("fine"))
    assert await runner.once()
    trained = await serving.read(2)
    async with database.write() as conn:
        edition = [*serving.recommender.catalog, replace(ours, movie_id=99)]
        await editions.renew(conn, "tiny", edition, datetime.now(UTC))
    await serving.use(trained)
    assert own.source_id is not None
    assert own.source_id in serving.recommender.catalog
    async with database.read() as conn:
        profile = await serving.taste.of(conn, ann)
    picks = serving.taste.recommend(profile, 99, (), {})
    assert [pick.film.id for pick in picks].count(own.id) == 1
    (film,) = serving.library.find("Ours").films
    assert film.id == own.id
    assert own.id not in [near.id for near in serving.taste.nearest(own.id, 99)]


@pytest.fixture
def outcome(settings: Settings, trained: Path, serving: Serving) -> Callable[[Job, bool], Outcome]:
    """Leaves in the work folder of a training what a child leaves there."""

    def leave(job: Job, passed: bool = True) -> Outcome:
        folder = settings.home / "work" / f"job-{job.id}"
        serving.recommender.save(artifact_of(folder), origin=job.kind)
        made = Outcome(passed, 1, {"holdout_rmse": 0.9}, {"passed": passed}, [])
        write_outcome(folder, made)
        return made

    return leave


Leave = Callable[..., Outcome]


async def died_in(database: Database, job: Job, phase: str) -> None:
    async with database.write() as conn:
        await jobs.report(conn, job.id, "bot", phase)


async def claimed(database: Database, job: Job) -> Job:
    async with database.write() as conn:
        mine = await jobs.claim(conn, "bot", datetime.now(UTC), LEASE)
    assert mine is not None
    assert mine.id == job.id
    return mine


@pytest.mark.parametrize(("call", "after"), [("versions", False), ("publish", False), ("publish", True)])
async def test_killed_while_it_publishes_it_publishes_at_the_next_start(
    database: Database,
    store: ModelStore,
    settings: Settings,
    ask: Ask,
    outcome: Leave,
    call: str,
    after: bool,
) -> None:
    job = await claimed(database, await ask("full"))
    dying: Any = Fragile(store, call, after=after)
    with pytest.raises(Died):
        await Publisher(database, dying, settings).publish(job, "bot", outcome(job))
    assert await live_version(database) == 1
    assert (await row(database, job)).state == "running"
    assert (await choose(database, store, ())).version == 1  # what a start would serve
    assert await told(database) == []

    await Tidier(database, store, settings).tidy()  # as a start does
    assert (settings.home / "work" / f"job-{job.id}").exists()  # what is under way stays
    assert await new_runner(database, store, settings).once()  # no child is started: there is nothing to read
    ended = await row(database, job)
    assert (ended.state, ended.outcome, ended.version, ended.attempts) == ("done", "promoted", 2, 2)
    assert await live_version(database) == 2
    assert (await choose(database, store, ())).version == 2
    assert len(await told(database)) == 1
    assert [act for act, _, _ in await acts(database)] == ["promoted"]
    assert list((settings.home / "work").iterdir()) == []
    assert set(await every_model(database)) == {1, 2}


async def test_killed_after_it_was_promoted_it_is_promoted_and_the_rest_is_tidied_up_later(
    database: Database, store: ModelStore, settings: Settings, ask: Ask, outcome: Leave
) -> None:
    job = await claimed(database, await ask("full"))
    publisher = Publisher(database, store, settings)
    await publisher.publish(job, "bot", outcome(job))
    with pytest.raises(WrongState):  # a second process that thinks so, too
        await publisher.publish(job, "bot", outcome(job))
    assert [path.name for path in (settings.home / "work").iterdir()] == [f"job-{job.id}"]
    await Tidier(database, store, settings).tidy()
    assert list((settings.home / "work").iterdir()) == []
    assert await live_version(database) == 2
    assert len(await told(database)) == 1


async def test_a_number_that_was_taken_by_hand_meanwhile_is_left_to_it(
    database: Database, store: ModelStore, settings: Settings, ask: Ask, outcome: Leave, trained: Path
) -> None:
    job = await claimed(database, await ask("full"))
    dying: Any = Fragile(store, "publish")
    with pytest.raises(Died):
        await Publisher(database, dying, settings).publish(job, "bot", outcome(job))
    shutil.copytree(trained / "0001", settings.models / "0002")  # `matinee train`, while the bot is down
    assert await Publisher(database, store, settings).publish(job, "bot", outcome(job)) == 3
    assert {version: store.manifest(version).origin for version in store.versions()} == {
        1: "hand",
        2: "hand",
        3: "full",
    }
    assert set(await every_model(database)) == {1, 3}


async def test_a_model_that_is_rolled_back_meanwhile_does_not_come_back_with_its_successor(
    database: Database, runner: Runner, ask: Ask, train_here: TrainHere
) -> None:
    await meet(database, 71, **{f"f{n}": 4.0 for n in range(1, 12)})
    await train_here(await ask("fine"))
    assert await runner.once()
    assert await live_version(database) == 2
    job = await ask("fine")
    await train_here(job)
    async with database.write() as conn:  # as /rollback 1 does
        await models.go_live(conn, 1, datetime.now(UTC))
    assert await runner.once()
    assert await live_version(database) == 1
    assert (await row(database, job)).outcome == "refused"
    made = (await every_model(database))[3]
    assert made.state == "refused"
    assert made.verdict is not None
    assert (made.verdict["passed"], made.verdict["reasons"]) == (False, [LIVE_CHANGED])
    payload = (await told(database))[-1]
    assert (payload["outcome"], payload["version"], payload["live"]) == ("refused", 3, 2)
    assert (await acts(database))[-1] == ("refused", 0, {"version": 3, "job": job.id})
    async with database.write() as conn:
        await models.go_live(conn, 3, datetime.now(UTC))  # as /promote 3 does


async def test_whoever_trains_again_has_a_number_and_a_verdict_of_their_own(
    database: Database, store: ModelStore, settings: Settings, ask: Ask, outcome: Leave, tmp_path: Path
) -> None:
    """A worker loses its lease while it publishes, and goes on writing when the other has long finished."""
    job = await claimed(database, await ask("full"))
    slow: Any = Fragile(store, "publish")
    with pytest.raises(Died):
        await Publisher(database, slow, settings).publish(job, "bot", outcome(job))
    late = shutil.copytree(artifact_of(settings.home / "work" / f"job-{job.id}"), tmp_path / "late")
    shutil.rmtree(settings.home / "work")
    async with database.write() as conn:
        taken = await jobs.claim(conn, "worker:other", datetime.now(UTC) + 2 * LEASE, LEASE)
    assert taken is not None
    await Publisher(database, store, settings).publish(taken, "worker:other", outcome(taken, passed=False))
    await asyncio.to_thread(store.publish, late, 2)
    with pytest.raises(WrongState):
        await Publisher(database, store, settings).publish(job, "bot", outcome(job))
    found = await every_model(database)
    assert (found[3].state, found[3].verdict, found[3].job_id) == ("refused", {"passed": False}, job.id)
    assert found[2].pruned_at is not None
    assert await live_version(database) == 1
    await Tidier(database, store, settings).tidy()
    assert store.versions() == [1, 3]


async def test_a_number_that_was_used_once_is_given_to_no_other(
    database: Database, store: ModelStore, settings: Settings, serving: Serving, tiny: Path
) -> None:
    async with database.write() as conn:
        await models.add(conn, 2, "full", datetime.now(UTC), {}, refused=True)
        await models.mark_pruned(conn, 2, datetime.now(UTC))
    here = settings.model_copy(update={"database_url": f"sqlite:///{settings.home.parent / 'matinee.db'}"})
    folder, _ = await asyncio.to_thread(train_model, load_dataset(tiny), here, QUICK, lambda step: None)
    assert folder.name == "0003"
    assert (await choose(database, store, ())).version == 3


async def test_a_training_that_was_stopped_while_it_waited_leaves_nothing(
    database: Database, runner: Runner, ask: Ask, settings: Settings
) -> None:
    job = await ask("full")
    loop = asyncio.create_task(runner.run())
    await reached(database, job, "checking")
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    waits = await row(database, job)  # again, and no attempt is lost
    assert (waits.state, waits.owner, waits.attempts) == ("waiting", None, 0)
    assert list((settings.home / "work").iterdir())
    async with database.write() as conn:
        assert await jobs.ask_to_stop(conn, job.id, datetime.now(UTC))
    assert not await runner.once()
    assert list((settings.home / "work").iterdir()) == []


async def test_a_store_that_is_away_for_a_moment_takes_no_model_out_of_use(
    database: Database, settings: Settings, metrics: Metrics, serving: Serving, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    shared = open_store(settings.models, place.as_uri())
    async with database.write() as conn:
        await models.add(conn, 2, "full", datetime.now(UTC), {})
        await models.go_live(conn, 2, datetime.now(UTC))
    serving.recommender.save(tmp_path / "made", origin="full")
    await asyncio.to_thread(shared.publish, tmp_path / "made", 2)
    shutil.rmtree(settings.models / "0002")
    away: Any = Away(shared)
    for begun in (serving, await Serving.begin(database, away, (ADMIN,), metrics)):
        begun._store = away
        await begun._catch_up()
        await begun._catch_up()
        assert begun.version == 1
        assert await live_version(database) == 2
    away.back = True
    await begun._catch_up()
    assert begun.version == 2
    assert await told(database) == []


class Away:
    """A store that cannot be reached for what is not here already, until it is `back`."""

    def __init__(self, store: ModelStore) -> None:
        self._store, self.back = store, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def fetch(self, version: int) -> Path:
        if version == 2 and not self.back:
            raise StoreFailed("MATINEE_ARTIFACTS s3://x: timed out")
        return self._store.fetch(version)


async def test_refused_it_is_kept_aside_and_the_old_one_serves(
    database: Database,
    store: ModelStore,
    settings: Settings,
    ask: Ask,
    outcome: Leave,
    tmp_path: Path,
) -> None:
    job = await claimed(database, await ask("fine"))
    await Publisher(database, store, settings).publish(job, "bot", outcome(job, passed=False))
    ended = await row(database, job)
    assert (ended.state, ended.outcome, ended.version) == ("done", "refused", 2)
    assert await live_version(database) == 1
    made = (await every_model(database))[2]
    assert (made.state, made.verdict) == ("refused", {"passed": False})
    assert store.versions() == [1, 2]
    doctored = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'matinee.db'}"})
    (line,), _ = await asyncio.to_thread(contents.models, doctored)
    assert (line.level, line.found[:4]) == (Level.OK, "0001")
    (payload,) = await told(database)
    assert (payload["outcome"], payload["version"], payload["live"]) == ("refused", 2, 1)
    assert await acts(database) == [("refused", 0, {"version": 2, "job": job.id})]


async def test_a_store_that_does_not_answer_fails_the_training_in_the_open(
    database: Database, settings: Settings, ask: Ask, outcome: Leave
) -> None:
    job = await ask("full")
    outcome(job)
    (settings.home / "no-folder").write_text("")
    nowhere = open_store(settings.models, (settings.home / "no-folder" / "models").as_uri())
    with pytest.raises(StoreFailed):
        await asyncio.to_thread(nowhere.publish, settings.models / "0001", 9)
    assert await new_runner(database, nowhere, settings).once()
    ended = await row(database, job)
    assert ended.state == "failed"
    assert ended.error is not None
    assert "MATINEE_ARTIFACTS" in ended.error
    assert await live_version(database) == 1


async def test_old_models_go_but_never_the_live_one_nor_the_one_before_it(
    database: Database, store: ModelStore, settings: Settings, serving: Serving
) -> None:
    now = datetime.now(UTC)
    async with database.write() as conn:
        for version in range(2, 8):
            serving.recommender.save(settings.models / f"{version:04d}", origin="fine")
            await models.add(conn, version, "fine", now, {}, refused=version > 4)
        for version in (2, 3, 4):
            await models.go_live(conn, version, now)
    await Tidier(database, store, settings).tidy()
    assert len(store.versions()) == 7  # nothing was trained: nothing is given up
    await Tidier(database, store, settings).prune()  # two are kept beside the live one
    assert store.versions() == [3, 4, 7]
    assert {version for version, model in (await every_model(database)).items() if model.pruned_at} == {
        1,
        2,
        5,
        6,
    }
    async with database.write() as conn:
        await models.go_live(conn, 3, now)
    await Tidier(database, store, settings).prune()
    assert store.versions() == [3, 4, 7]


async def test_what_was_to_be_deleted_when_the_process_died_is_deleted_later(
    database: Database, store: ModelStore, settings: Settings, serving: Serving
) -> None:
    now = datetime.now(UTC)
    async with database.write() as conn:
        for version in (2, 3, 4):
            serving.recommender.save(settings.models / f"{version:04d}", origin="fine")
            await models.add(conn, version, "fine", now, {})
            await models.go_live(conn, version, now)
    dying: Any = Fragile(store, "delete")
    with pytest.raises(Died):
        await Tidier(database, dying, settings).prune()
    assert store.versions() == [1, 2, 3, 4]
    await Tidier(database, store, settings).tidy()
    assert store.versions() == [2, 3, 4]


# ---------------------------------------------------------------------------------------------- progress


def test_progress_rises_and_its_curve_is_thinned() -> None:
    progress = Progress()
    done = [progress.to_dict()["done"]]
    progress.enter("training")
    for number in range(1, 1001):
        progress.step({"part": "stars", "number": number, "total": 1000, "train_loss": 1 / number})
        done.append(progress.to_dict()["done"])
    progress.step({"part": "ranker", "number": 1, "total": 1})
    done.append(progress.to_dict()["done"])
    progress.enter("gate")
    done.append(progress.to_dict()["done"])
    assert done == sorted(done)
    told = progress.to_dict()
    assert 200 <= len(told["curve"]) <= 300
    assert told["curve"][-1] == [0.001, None]
    assert told["seconds_left"] is not None


@pytest.mark.parametrize(
    "step",
    [
        {},
        {"part": "stars", "number": 0, "total": 9},
        {"part": "stars", "number": 10, "total": 9},
        {"part": "stars", "number": "x", "total": 9},
        {"part": "stars", "number": None, "total": 9},
        {"part": "stars", "number": 1, "total": 9, "train_loss": "much"},
    ],
)
def test_a_step_that_is_none(step: dict[str, Any]) -> None:
    progress = Progress()
    with pytest.raises((KeyError, TypeError, ValueError)):
        progress.step(step)
    assert progress.to_dict()["curve"] == []
