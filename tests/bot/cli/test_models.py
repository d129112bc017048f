"""`matinee train | evaluate | interpret | data fetch | similar | recommend`, as an operator types them."""

from __future__ import annotations

import importlib.abc
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from bot.cli import asking, evaluation, models, serve, worker
from bot.cli.interpret import interpret
from bot.errors import HomeInUse, NotPrepared, UnclearRequest
from bot.films.store import model_folders
from bot.process import home
from bot.process.extras import installed
from recsys.config import MODELS
from recsys.errors import DataUnavailable, InvalidData, UnknownModel
from recsys.recommender import Recommender

FILMS = ["Heat (1995)", "[rec] (2007)", "Hamlet (1990)", "Hamlet (2000)", "Silence of the Lambs, The (1991)"]
FILMS += [f"Number {number} (1999)" for number in range(20, 45)]

CELLS = re.compile("[│┃]")  # between the cells of a table

Matinee = Callable[..., str]


@pytest.fixture(scope="module", autouse=True)
def private() -> Iterator[None]:
    """As `matinee` itself makes files, whose commands these tests call."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two kinds of people and two kinds of films, each kind liking its own."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("data") / "tiny"
    folder.mkdir()
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(1, 61):
        kinds = [movie for movie in rng.permutation(len(FILMS)) if movie % 2 == user % 2][:14]
        others = [movie for movie in rng.permutation(len(FILMS)) if movie % 2 != user % 2][:6]
        for movie in sorted([*kinds, *others]):
            stars = 4.5 if movie in kinds else 2.0
            lines.append(f"{user},{movie + 1},{stars + rng.choice([-0.5, 0, 0.5])},9")
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")
    rows = [
        f'{movie + 1},"{title}",{"Comedy" if movie % 2 else "Crime|Drama"}'
        for movie, title in enumerate(FILMS)
    ]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *rows]) + "\n")
    return folder


@pytest.fixture(scope="module")
def trained(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A home with one model, and what `train --json` said of it."""
    folder = tmp_path_factory.mktemp("home")
    said = run(folder, "train", "--dataset", str(dataset), "--json")
    shown: dict[str, Any] = json.loads(said)
    return folder, shown


def run(folder: Path, *arguments: str) -> str:
    """Standard output of a command; what it raises is raised."""
    app, data = typer.Typer(), typer.Typer()
    of_models = (models.train, evaluation.evaluate, interpret, asking.similar, asking.recommend)
    for command in (*of_models, serve.prepare, worker.worker):
        app.command()(command)
    data.command("fetch")(models.fetch_data)
    app.add_typer(data, name="data")
    env = {"MATINEE_HOME": str(folder), "COLUMNS": "200"}
    result = CliRunner().invoke(app, arguments, env=env)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def matinee(trained: tuple[Path, dict[str, Any]]) -> Matinee:
    return lambda *arguments: run(trained[0], *arguments)


def test_train_tells_every_epoch_and_what_the_model_is_worth(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, shown = trained
    assert (shown["dataset"], shown["folder"]) == ("tiny", str(folder / "models" / "0001"))
    stars = [step for step in shown["steps"] if step["part"] == "stars"]
    assert [step["number"] for step in stars[:2]] == [1, 2]
    assert stars[0]["train_loss"] > stars[-1]["train_loss"] > 0
    assert {step["part"] for step in shown["steps"]} == {"stars", "ranker"}
    recommender = Recommender.load(folder / "models" / "0001")
    assert recommender.metrics["holdout_rmse"] == shown["metrics"]["rmse"] < 1.5


def test_train_in_words_adds_a_model(
    dataset: Path, trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    shutil.copytree(trained[0] / "models", tmp_path / "models")
    said = run(tmp_path, "train", "--dataset", str(dataset))
    assert f"The model is in {tmp_path}/models/0002. On what it has not seen: rmse " in said
    lines = said.splitlines()
    assert lines[0].startswith("stars    1/")
    assert "train" in lines[0]
    assert any(line.startswith("ranker   1/") for line in lines)


@pytest.mark.real
def test_train_another_model_of_stars(dataset: Path, tmp_path: Path) -> None:
    shown = json.loads(run(tmp_path, "train", "--dataset", str(dataset), "--model", "nn", "--json"))
    assert shown["metrics"]["rmse"] < 1.5
    assert Recommender.load(tmp_path / "models" / "0001").config.model == "nn"
    found = json.loads(run(tmp_path, "recommend", "--rated", "heat=5", "--json"))["recommended"]
    assert all(0.5 <= each["stars"] <= 5 for each in found)
    with pytest.raises(InvalidData, match="'nn' has no biases"):
        run(tmp_path, "interpret", "--folder", str(tmp_path))
    with pytest.raises(UnknownModel, match="there is pmf, dot_bias, dot, nn"):
        run(tmp_path, "train", "--dataset", str(dataset), "--model", "magic")


@pytest.mark.real
def test_train_goes_on_with_the_data_set_of_the_newest_model(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ml-1m").symlink_to(dataset)
    monkeypatch.setenv("MATINEE_DATASET", "ml-1m")
    for _ in range(2):
        assert json.loads(run(tmp_path, "train", "--json"))["dataset"] == "ml-1m"
        monkeypatch.delenv("MATINEE_DATASET", raising=False)


def test_train_waits_for_nobody(dataset: Path, tmp_path: Path) -> None:
    with home.hold(tmp_path), pytest.raises(HomeInUse, match="another Matinee is running"):
        run(tmp_path, "train", "--dataset", str(dataset))


@pytest.mark.parametrize("command", ["prepare", "train", "evaluate", "worker", "interpret"])
def test_without_the_extra(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("torch", "matplotlib"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NotPrepared, match=r"of the `train` extra: pip install 'matinee\[train\]'") as refused:
        run(tmp_path, command)
    works = "`matinee prepare --quick`, `run` and `demo` go without, on a quick model"
    assert (works in str(refused.value)) is (command != "interpret")


class _Hidden(importlib.abc.MetaPathFinder):
    """Raises when a package is looked for, as a guard of imports may."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "torch":
            raise ModuleNotFoundError("no torch for you")


def test_a_package_that_is_hidden_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed("torch") is not None
    assert installed("nowhere_to_be_found") is None
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(sys, "meta_path", [_Hidden(), *sys.meta_path])
    assert installed("torch") is None


def test_train_on_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="expected one of ml-latest-small"):
        run(tmp_path, "train", "--dataset", "nowhere")


def test_similar(matinee: Matinee) -> None:
    shown = json.loads(matinee("similar", "heat", "-n", "5", "--json"))
    assert shown["film"]["title"] == "Heat"
    found = shown["similar"]
    assert len(found) == 5
    assert 1 not in [each["movie_id"] for each in found]
    assert {each["movie_id"] % 2 for each in found} == {1}  # films of its own kind
    cosines = [each["similarity"] for each in found]
    assert cosines == sorted(cosines, reverse=True)


def test_similar_in_words(matinee: Matinee) -> None:
    said = matinee("similar", "silense", "of", "the", "lams", "-n", "30")
    assert "Like The Silence of the Lambs (1991)" in said
    assert "[rec] (2007)" in said  # not taken for markup
    assert "Number 44 (1999)" in said


def test_a_title_that_is_not_clear(matinee: Matinee) -> None:
    with pytest.raises(UnclearRequest, match=r"hamlet: which one\? .*Hamlet \(1990\), Hamlet \(2000\)"):
        matinee("similar", "hamlet")
    with pytest.raises(UnclearRequest, match=r"xyzzy: no film is called that\. The nearest: "):
        matinee("similar", "xyzzy")
    assert json.loads(matinee("similar", "hamlet", "2000", "--json"))["film"]["year"] == 2000


def test_recommend(matinee: Matinee) -> None:
    """Films of the kind that was rated, and not those that were."""
    odd = json.loads(matinee("recommend", "--rated", "heat=5", "--rated", "silence of lambs=4.5", "--json"))
    even = json.loads(matinee("recommend", "--rated", "rec=5", "--rated", "hamlet 2000=5", "--json"))
    assert odd["rated"] == {"1": 5.0, "5": 4.5}
    ids = {kind: [each["movie_id"] for each in shown["recommended"]] for kind, shown in ((1, odd), (0, even))}
    assert (len(ids[1]), len(ids[0])) == (10, 10)
    assert not {1, 5} & set(ids[1])
    assert sum(movie % 2 for movie in ids[1]) >= 7
    assert sum(movie % 2 for movie in ids[0]) <= 3
    assert all(0.5 <= each["stars"] <= 5.5 for each in odd["recommended"])


def test_recommend_by_genres(matinee: Matinee) -> None:
    shown = json.loads(matinee("recommend", "--likes", "comedy", "--dislikes", "CRIME", "-n", "5", "--json"))
    assert {each["movie_id"] % 2 for each in shown["recommended"]} == {0}
    shown = json.loads(matinee("recommend", "--likes", "comedy", "--genre", "drama", "-n", "99", "--json"))
    assert [each["movie_id"] % 2 for each in shown["recommended"]] == [1] * 15
    assert "What to watch" in matinee("recommend")


@pytest.mark.parametrize("rated", ["heat", "heat=", "heat=good", "=5"])
def test_a_rating_that_is_none(matinee: Matinee, rated: str) -> None:
    with pytest.raises(UnclearRequest, match=f"--rated {rated}: expected a title and its stars"):
        matinee("recommend", "--rated", rated)


def test_stars_and_genres_that_do_not_exist(matinee: Matinee) -> None:
    with pytest.raises(InvalidData, match="stars"):
        matinee("recommend", "--rated", "heat=9")
    for option in ("--likes", "--dislikes", "--genre"):
        with pytest.raises(InvalidData, match="no genre 'Slapstick' in this catalog"):
            matinee("recommend", option, "Slapstick")


def test_without_a_model(tmp_path: Path) -> None:
    for command in (["similar", "heat"], ["recommend"]):
        with pytest.raises(NotPrepared, match="there is no usable model"):
            run(tmp_path, *command)


@pytest.mark.process
def test_asking_loads_no_torch(trained: tuple[Path, dict[str, Any]]) -> None:
    code = (
        "import sys; from bot.cli import asking\n"
        "asking.similar(['heat']); asking.recommend(rated=['heat=5'])\n"
        "sys.exit('torch' in sys.modules)"
    )
    env = {**os.environ, "MATINEE_HOME": str(trained[0])}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.real
def test_evaluate(matinee: Matinee, dataset: Path) -> None:
    shown = json.loads(matinee("evaluate", "--dataset", str(dataset), "--seeds", "1", "--json"))
    assert (shown["dataset"], shown["seeds"]) == ("tiny", [0])
    names = {(each["protocol"], each["method"], each["metric"]) for each in shown["measures"]}
    assert {("stars", "pmf", "MSE"), ("stars", "pmf", "RMSE")} <= names
    for method in ("recommender", "popularity"):
        assert {("order", method, "NDCG@10"), ("order", method, "Recall@20")} <= names
    said = matinee("evaluate", "--dataset", str(dataset), "--seeds", "1", "--protocol", "newcomers")
    assert "tiny, seeds 0: mean ± standard deviation" in said
    assert "newcomers, 5 ratings" in said
    assert "stars" not in said


def test_evaluate_tells_the_protocols_there_are(matinee: Matinee, dataset: Path) -> None:
    with pytest.raises(InvalidData, match="no protocol 'taste': there are stars, order, newcomers, chapter"):
        matinee("evaluate", "--dataset", str(dataset), "--protocol", "stars", "--protocol", "taste")


@pytest.mark.real
def test_evaluate_prints_the_chapters_table_with_ours_beside_it(matinee: Matinee, dataset: Path) -> None:
    said = matinee("evaluate", "--dataset", str(dataset), "--seeds", "1", "--protocol", "chapter")
    rows = {cells[1].strip(): cells[2:] for cells in map(CELLS.split, said.splitlines()) if len(cells) > 5}
    assert {"DotProductBias, Embedding", "CollabNN", *(f"Matinee, {model}" for model in MODELS)} <= set(rows)
    assert rows["collab_learner, EmbeddingNN"][0].strip() == "0.8673"
    assert rows["collab_learner, EmbeddingNN"][1].strip() == "27.00"
    assert all(0.1 < float(row[2]) < 3 for name, row in rows.items() if name not in ("", "system"))
    assert rows["DotProductBias, Embedding"][2] == rows["DotProductBias, Parameter"][2]
    assert rows["Matinee, dot_bias"][0].strip() == "–"


def test_interpret_looks_at_the_newest_model(matinee: Matinee, tmp_path: Path) -> None:
    shown = json.loads(matinee("interpret", "--folder", str(tmp_path / "new"), "--json"))
    assert (shown["model"], shown["map"]) == ("pmf", str(tmp_path / "new" / "films.png"))
    assert (tmp_path / "new" / "films.png").read_bytes().startswith(b"\x89PNG")
    least, most = ([each["bias"] for each in shown[name]] for name in ("least_loved", "most_loved"))
    assert len(least) == len(most) == 5
    assert least == sorted(least)
    assert most == sorted(most, reverse=True)
    assert least[-1] < most[-1]
    assert shown["film"]["title"] == "The Silence of the Lambs"
    assert {each["movie_id"] % 2 for each in shown["nearest"]} == {1}  # films of its own kind
    assert len(shown["nearest_by_factors"]) == 5


def test_interpret_in_words(matinee: Matinee, tmp_path: Path) -> None:
    said = matinee("interpret", "--folder", str(tmp_path), "--title", "rec")
    assert "least loved" in said
    assert "Nearest to [rec] (2007)" in said
    assert f"most rated films is in {tmp_path}/films.png\n" in said
    with pytest.raises(UnclearRequest, match="which one"):
        matinee("interpret", "--folder", str(tmp_path), "--title", "hamlet")


def test_interpret_trains_a_model_where_there_is_none(dataset: Path, tmp_path: Path) -> None:
    said = run(tmp_path, "interpret", "--dataset", str(dataset), "--folder", str(tmp_path))
    assert f"A map of the 30 most rated films is in {tmp_path}/films.png" in said
    assert not model_folders(tmp_path / "models")  # it is not kept


def test_data_fetch_of_what_is_there(tmp_path: Path, dataset: Path) -> None:
    """No network: the test would fail on it."""
    there = tmp_path / "data" / "ml-1m"
    there.mkdir(parents=True)
    for path in dataset.iterdir():
        (there / path.name).write_bytes(path.read_bytes())
    assert json.loads(run(tmp_path, "data", "fetch", "ml-1m", "--json")) == {
        "dataset": "ml-1m",
        "path": str(there),
    }
    said = run(tmp_path, "data", "fetch", "ml-1m", "--folder", str(tmp_path / "data"))
    assert f"ml-1m is in {there}\n" in said
    assert "for research" in said
