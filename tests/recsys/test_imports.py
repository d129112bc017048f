"""What serving loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import recsys
from recsys import Recommender

SERVE = """
import sys
import recsys
import recsys.recommender
model = recsys.Recommender.load(sys.argv[1])
user = model.fold_in({int(model.catalog.movie_ids[0]): 5.0}, {"Comedy": 1})
model.recommend(user), model.similar([int(model.catalog.movie_ids[1])]), model.next_questions(user)
heavy = {"torch", "scipy", "matplotlib", "sqlalchemy", "telegram"} & set(sys.modules)
sys.exit(f"loaded {heavy}" if heavy else 0)
"""


@pytest.mark.process
def test_serving_loads_no_torch(small_recommender: Recommender, tmp_path: Path) -> None:
    small_recommender.save(tmp_path)
    found = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("name", sorted(recsys.__all__))
def test_everything_public_is_there(name: str) -> None:
    assert getattr(recsys, name).__doc__
