"""Photos and documents: sent by upload or again by file_id, captioned, and fetched."""

from sandbox.bot_api.content import checked_keyboard, compose_caption
from sandbox.bot_api.methods.access import chat_to_send, refuse_unsupported
from sandbox.bot_api.methods.messages import edit, editable, post
from sandbox.bot_api.schema import Upload
from sandbox.errors import ApiError, not_supported
from sandbox.state.objects import message_object
from sandbox.state.records import File, Json
from sandbox.world import Sandbox
from sandbox.world.files import MOST_BYTES
from sandbox.world.images import picture_size

_MOST_PHOTO_BYTES = 10 * 2**20
_MOST_FETCHED_BYTES = 20 * 2**20
_NOT_YET = ("thumbnail", "show_caption_above_media", "has_spoiler")


async def send_photo(sandbox: Sandbox, params: Json) -> Json:
    """A picture with a caption. PNG, JPEG and GIF are read; Telegram's other formats are not."""
    return _send(sandbox, params, "photo")


async def send_document(sandbox: Sandbox, params: Json) -> Json:
    """A file with its name and a caption."""
    return _send(sandbox, params, "document")


async def edit_message_caption(sandbox: Sandbox, params: Json) -> Json:
    """Another caption, or none; a keyboard that is not given again is taken away."""
    refuse_unsupported(params, _NOT_YET)
    message = editable(sandbox, params)
    if message.file_id is None:
        raise ApiError(400, "Bad Request: there is no caption in the message to edit")
    text, entities = compose_caption(params)
    edited = {"text": text, "entities": entities, "reply_markup": checked_keyboard(params)}
    return edit(sandbox, message, edited)


async def get_file(sandbox: Sandbox, params: Json) -> Json:
    """Where a file can be fetched, below /file/bot<token>/."""
    file = sandbox.state.files.get(params["file_id"])
    if file is None:
        raise ApiError(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    if file.size > _MOST_FETCHED_BYTES:
        raise ApiError(400, "Bad Request: file is too big")
    return {
        "file_id": file.file_id,
        "file_unique_id": file.file_unique_id,
        "file_size": file.size,
        "file_path": file.file_path,
    }


def _send(sandbox: Sandbox, params: Json, kind: str) -> Json:
    refuse_unsupported(params, _NOT_YET)
    chat = chat_to_send(sandbox, params)
    text, entities = compose_caption(params)
    file_id = _file(sandbox, params[kind], kind).file_id
    message = post(sandbox, params, chat, text, file_id=file_id, entities=entities)
    return message_object(sandbox.state, message)


def _file(sandbox: Sandbox, sent: Upload | str, kind: str) -> File:
    """The file of a call: a new one, or one that is sent again. Raises ApiError 400."""
    if isinstance(sent, Upload):
        return _uploaded(sandbox, sent, kind)
    if "://" in sent:
        raise not_supported("a file given by its address")
    known = sandbox.state.files.get(sent)
    if known is None:
        raise ApiError(400, "Bad Request: wrong remote file identifier specified")
    if known.kind != kind:
        raise ApiError(400, f"Bad Request: can't use file of type {known.kind.title()} as {kind.title()}")
    return known


def _uploaded(sandbox: Sandbox, upload: Upload, kind: str) -> File:
    if not upload.content:
        raise ApiError(400, "Bad Request: file must be non-empty")
    if len(upload.content) > (_MOST_PHOTO_BYTES if kind == "photo" else MOST_BYTES):
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo":
        _check_picture(upload.content)
    return sandbox.files.add(kind, upload.filename, upload.content)


def _check_picture(content: bytes) -> None:
    """Telegram's rules for photos: a picture, its sides neither too long nor too unequal."""
    picture = picture_size(content)
    if picture is None:
        raise ApiError(400, "Bad Request: IMAGE_PROCESS_FAILED")
    _, width, height = picture
    short, long = sorted((width, height))
    if short <= 0 or short + long > 10_000 or long > 20 * short:
        raise ApiError(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")


METHODS = {
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "editMessageCaption": edit_message_caption,
    "getFile": get_file,
}
