"""Pictures come from a child process; this one never loads matplotlib."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from datetime import date

import pytest

from bot import pictures
from bot.errors import PictureFailed
from bot.pictures import Charts, Losses, PerDay, Picture, draw, read_request
from recsys.charts import Chart, Curve
from recsys.progress import Step

pytestmark = pytest.mark.process

DAY = date(2026, 11, 23)
CHARTS = Charts(moments=[DAY], charts=[Chart("a", [Curve("", [0.5])], True), Chart("b", [])], title="$ <b>")
PER_DAY = PerDay(counts={DAY: 3}, title="t", per_day="d", per_week="w", average="a")
LOSSES = Losses(
    steps=[Step("stars", 1, 2, 0.1, 1.5), Step("stars", 2, 2, 0.1, 1.2, 1.3)],
    title="t",
    train="train",
    valid="valid",
    step="epoch",
    loss="MSE",
)


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


async def test_every_kind_is_drawn() -> None:
    wide = 1155
    found = [size(await draw(each)) for each in (CHARTS, PER_DAY, LOSSES)]
    assert [width for width, _ in found] == [wide] * 3


@pytest.mark.parametrize(
    "request_",
    [CHARTS, PER_DAY, LOSSES],
)
def test_a_request_comes_through_as_it_was(request_: Picture) -> None:
    read = read_request(request_.model_dump_json().encode())
    assert type(read) is type(request_)
    assert read.model_dump_json() == request_.model_dump_json()  # NaN is not equal to itself


def test_a_loss_that_was_not_measured_stays_so() -> None:
    read = read_request(LOSSES.model_dump_json().encode())
    assert isinstance(read, Losses)
    assert math.isnan(read.steps[0].valid_loss)


async def test_what_cannot_be_drawn_says_why() -> None:
    with pytest.raises(PictureFailed, match=r"^there is no day to draw"):
        await draw(PER_DAY.model_copy(update={"counts": {}}))
    with pytest.raises(PictureFailed, match="no picture"):
        read_request(b'{"kind": "portrait"}')


async def test_a_picture_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_LIMIT", 0.01)
    with pytest.raises(PictureFailed, match="longer than"):
        await draw(PER_DAY)


async def test_without_the_extra_the_admin_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *_: None if name == "matplotlib" else find(name)
    )
    with pytest.raises(PictureFailed, match=r"matplotlib.*pip install 'matinee\[train\]'"):
        await draw(PER_DAY)


def test_the_bot_itself_loads_no_matplotlib() -> None:
    code = "import sys, bot.app, bot.cli; sys.exit(bool({'matplotlib', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
