"""The child process that draws: a request for a picture on standard input, the PNG on standard output.

Started by bot.pictures as `python -m bot.drawing`, which loads nothing of the command line.
"""

from __future__ import annotations

import os
import sys

from bot.errors import BotError
from bot.pictures import Charts, Losses, PerDay, Picture, read_request
from bot.process.extras import require_drawing
from recsys.errors import RecsysError

_NICE = 10  # people are answered first


def main() -> None:
    """Draw what the request names; why it cannot be drawn is the last line of standard error."""
    try:
        _draw()
    except (BotError, RecsysError) as error:
        sys.exit(str(error))


def _draw() -> None:
    require_drawing()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    sys.stdout.buffer.write(_drawn(read_request(sys.stdin.buffer.read())))


def _drawn(picture: Picture) -> bytes:
    from recsys import plots

    match picture:
        case Charts(moments=moments, charts=charts, title=title, note=note):
            return plots.draw_charts(moments, charts, title, note)
        case PerDay(counts=counts, title=title, per_day=per_day, per_week=per_week, average=average):
            return plots.draw_per_day(counts, title, per_day, per_week, average)
        case Losses(steps=steps, title=title, train=train, valid=valid, step=step, loss=loss):
            return plots.draw_losses(steps, title, train, valid, step, loss)


if __name__ == "__main__":
    main()
