"""Words with a picture beside them, or the words alone where there is none."""

from __future__ import annotations

import structlog

from bot.errors import PictureFailed
from bot.pictures import Picture, draw
from bot.telegram.request import Request
from bot.telegram.screen import Photo, Screen
from bot.texts import Html, Translator

log = structlog.get_logger(__name__)


async def illustrated(text: Html, picture: Picture | None, t: Translator) -> Screen | Photo:
    """The message; instead of a picture that cannot be drawn, the reason. `text`: 1,024 letters at most."""
    if picture is None:
        return Screen(text)
    try:
        return Photo(await draw(picture), text)
    except PictureFailed as error:
        log.warning("no picture", cause=str(error))
        return Screen(f"{text}\n\n{t.html('monitor.no_picture', why=str(error))}")


async def answer(request: Request, message: Screen | Photo) -> None:
    """A new message in this chat."""
    if isinstance(message, Photo):
        await request.reply_photo(message)
    else:
        await request.reply(message)
