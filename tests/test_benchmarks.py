"""The benchmarks' own tools: Markdown kept section by section, peers that do not answer, baselines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.baselines import EASE
from benchmarks.held_out import Split
from benchmarks.neighbours import auc, series_of
from benchmarks.peers.process import NotRun, Peers
from benchmarks.report import Section, put, table
from recsys import Catalog, Film, Ratings
from recsys.data.sources.generate import generate


def test_a_table() -> None:
    assert table(["a", "b"], [["1", "x|y"], ["2", ""]]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n| 2 |  |"


def test_a_section_replaces_its_own_and_leaves_the_others() -> None:
    text = put(put("# Results\n", "One", "## One\n\nfirst\n"), "Two", "## Two\n\nother\n")
    assert text == "# Results\n\n## One\n\nfirst\n\n## Two\n\nother\n"
    assert put(text, "One", "## One\n\nagain\n") == "# Results\n\n## One\n\nagain\n\n## Two\n\nother\n"
    assert put("## One\n\nfirst\n", "One", "## One\n\nagain\n") == "## One\n\nagain\n"


def test_what_a_run_has_is_kept_when_it_is_cut_short(tmp_path: Path) -> None:
    section = Section("Stars", tmp_path / "RESULTS.md")
    section.rows("figures", ["seed"], [["0"]])
    section.rows("figures", ["seed"], [["0"], ["1"]])
    section.note("end", "done")
    kept = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert kept == "## Stars\n\n| seed |\n| --- |\n| 0 |\n| 1 |\n\ndone\n" == section.markdown()


def test_a_peer_without_an_environment_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotRun, match="make bench-peers"):
        Peers(tmp_path / "python").ask("svd")


@pytest.mark.process
def test_a_peer_that_fails_says_why(tmp_path: Path) -> None:
    """An interpreter that knows no numpy, as one in which nothing could be installed."""
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\necho 'Traceback' >&2\necho 'ModuleNotFoundError: no surprise' >&2\nexit 1\n"
    )
    python.chmod(0o755)
    with pytest.raises(NotRun, match="ModuleNotFoundError: no surprise"):
        Peers(python).ask("svd", users=np.arange(3))


def test_auc_by_hand() -> None:
    labels = np.array([1, 0, 1, 0], np.float32)
    assert auc(np.array([0.9, 0.1, 0.4, 0.4], np.float32), labels) == pytest.approx(3.5 / 4)
    assert auc(np.array([0.9, 0.8, 0.7, 0.1], np.float32), labels) == pytest.approx(3 / 4)


def test_ease_is_the_same_by_people_and_by_films() -> None:
    """There are fewer people than films here, so the scores come from people × people."""
    world = generate(people=60, films=200, ratings=1500, seed=2)
    split = Split.of(world, 0)
    rated = np.unique(split.movies)
    assert split.n_users < len(rated) < 200
    rows, values = rated[[3, 10, 30]], np.array([5, 1, 3], np.float32)
    model = EASE.fit(split, 20.0)
    assert not len(model.B)
    X = model.X.astype(np.float64)
    P = np.linalg.inv(X.T @ X + 20 * np.eye(200))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    unrated = np.setdiff1d(np.arange(200), rows)
    expected = (1 + 0.25 * (values - 4)) @ B[rows]
    np.testing.assert_allclose(model.scores(rows, values)[unrated], expected[unrated], atol=1e-5)


def test_parts_of_a_series() -> None:
    titles = ["Toy Story", "Toy Story 2", "The Godfather", "The Godfather: Part II", "Heat", "Story", "Alien"]
    films = [Film(at, title, 1990) for at, title in enumerate(titles)]
    users, movies = (each.reshape(-1) for each in np.meshgrid(np.arange(30), np.arange(6), indexing="ij"))
    ratings = Ratings.from_arrays(users, movies, np.full(len(users), 4.0))
    split = Split(Catalog(films, "series"), ratings, [], users, movies, 30)
    assert series_of(split) == {0: {1}, 1: {0}, 2: {3}, 3: {2}}
