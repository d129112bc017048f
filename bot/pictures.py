"""Pictures, drawn by a child process at low priority: this one never loads matplotlib.

A request is JSON on the child's standard input, and the PNG comes back on its standard output. Words come
with the request, in the language of the person who looks at it.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.errors import NotPrepared, PictureFailed
from bot.process.extras import require_drawing
from recsys.charts import Chart
from recsys.progress import Step

_CHILD = "bot.drawing"
_LIMIT = 60.0  # seconds: starting Python and matplotlib takes one or two


class _PictureRequest(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants", extra="forbid")


class Charts(_PictureRequest):
    """Small charts over the same moments; see recsys.plots.draw_charts."""

    kind: Literal["charts"] = "charts"
    moments: list[date]
    charts: list[Chart]
    title: str
    note: str = ""


class PerDay(_PictureRequest):
    """Bars, one a day; see recsys.plots.draw_per_day."""

    kind: Literal["per day"] = "per day"
    counts: dict[date, int]
    title: str
    per_day: str
    per_week: str
    average: str


class Losses(_PictureRequest):
    """The losses of a training; see recsys.plots.draw_losses."""

    kind: Literal["losses"] = "losses"
    steps: list[Step]
    title: str
    train: str
    valid: str
    step: str
    loss: str


Picture = Charts | PerDay | Losses

_READER: TypeAdapter[Picture] = TypeAdapter(Annotated[Picture, Field(discriminator="kind")])


async def draw(request: Picture) -> bytes:
    """The picture as PNG. Raises PictureFailed, also without the `train` extra."""
    try:
        require_drawing()
    except NotPrepared as error:
        raise PictureFailed(str(error)) from error
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        _CHILD,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,  # Ctrl+C is for us, and we end it
    )
    try:
        async with asyncio.timeout(_LIMIT):
            png, errors = await child.communicate(request.model_dump_json().encode())
    except TimeoutError as error:
        raise PictureFailed(f"a picture took longer than {_LIMIT:.0f} s") from error
    finally:
        await _end(child)
    if child.returncode:
        raise PictureFailed(_last_line(errors) or f"drawing ended with {child.returncode}")
    return png


def read_request(body: bytes) -> Picture:
    """What a picture is asked for. Raises PictureFailed."""
    try:
        return _READER.validate_json(body)
    except ValidationError as error:
        raise PictureFailed(f"this is no picture: {error}") from error


async def _end(child: Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
