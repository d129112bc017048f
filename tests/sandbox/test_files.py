"""Photos and documents: from the bot to people, from people to the bot, and what is no such thing."""

import struct
import zlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest
from telegram.ext import ExtBot

from sandbox import Sandbox, serve
from sandbox.world.images import picture_size

Call = Callable[..., Coroutine[Any, Any, Any]]


def png(width: int, height: int) -> bytes:
    """A grey picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def jpeg(width: int, height: int) -> bytes:
    """The head of one: an application segment, a table, then the frame."""
    segments = b"\xff\xe0\x00\x04ab\xff\xc4\x00\x03c"
    return b"\xff\xd8" + segments + b"\xff\xc2\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01" * 4


async def last(http: httpx.AsyncClient, chat_id: int) -> Any:
    return (await http.get(f"/control/chats/{chat_id}")).json()["messages"][-1]


async def test_a_photo_is_sent_shown_and_sent_again(
    ptb: ExtBot[None], http: httpx.AsyncClient, ada: int
) -> None:
    picture = png(60, 40)
    sent = await ptb.send_photo(ada, picture, "your <b>taste</b>", parse_mode="HTML")
    (size,) = sent.photo
    assert (size.width, size.height, size.file_size) == (60, 40, len(picture))
    assert (sent.caption, sent.caption_entities[0].type, sent.text) == ("your taste", "bold", None)
    shown = await last(http, ada)
    assert (shown["text"], shown["file"]["kind"], shown["file"]["width"]) == ("your taste", "photo", 60)
    served = await http.get(shown["file"]["url"])
    assert (served.content, served.headers["content-type"]) == (picture, "image/png")
    again = await ptb.send_photo(ada, size.file_id)
    assert again.photo[0].file_unique_id == size.file_unique_id
    assert again.caption is None
    assert (await last(http, ada))["file"] == shown["file"]


async def test_a_document_has_its_name_and_can_be_saved(
    ptb: ExtBot[None], http: httpx.AsyncClient, ada: int
) -> None:
    content = b"Date,Name\n2026-01-01,L\xc3\xa9on\n"
    sent = await ptb.send_document(ada, content, filename="Léon.csv", caption="all that is kept")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.mime_type) == ("Léon.csv", "text/csv")
    shown = await last(http, ada)
    assert (shown["file"]["kind"], shown["file"]["name"], shown["file"]["size"]) == (
        "document",
        "Léon.csv",
        len(content),
    )
    saved = await http.get(shown["file"]["url"])
    assert saved.content == content
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''L%C3%A9on.csv"
    assert saved.headers["content-type"] == "application/octet-stream"


async def test_a_person_hands_a_document_over_and_the_bot_fetches_it(
    ptb: ExtBot[None], http: httpx.AsyncClient, ada: int
) -> None:
    content = bytes(range(256)) * 9
    handed = await http.post(
        f"/control/chats/{ada}/documents",
        params={"name": "letterboxd export.zip", "caption": "/import please"},
        content=content,
        headers={"content-type": "application/zip"},
    )
    (update,) = await ptb.get_updates()
    assert handed.json() == {"message_id": 2, "update_id": update.update_id}
    message = update.message
    assert message is not None
    assert message.document is not None
    assert (message.document.file_name, message.document.file_size) == ("letterboxd export.zip", len(content))
    assert (message.document.mime_type, message.caption) == ("application/zip", "/import please")
    assert message.caption_entities[0].type == "bot_command"
    file = await ptb.get_file(message.document)
    assert bytes(await file.download_as_bytearray()) == content
    assert (await last(http, ada))["file"]["name"] == "letterboxd export.zip"


@pytest.mark.parametrize(
    ("params", "content", "status", "error"),
    [
        ({}, b"x", 400, "a document has a name"),
        ({"name": "a"}, b"", 400, "a document has 1 to 52428800 bytes"),
        ({"name": "a", "caption": "x" * 1025}, b"x", 400, "a caption has up to 1024 characters"),
    ],
)
async def test_what_no_app_would_send_is_refused(
    http: httpx.AsyncClient, sandbox: Sandbox, ada: int, params: Any, content: bytes, status: int, error: str
) -> None:
    refusal = await http.post(f"/control/chats/{ada}/documents", params=params, content=content)
    assert (refusal.status_code, refusal.json()["error"]) == (status, error)
    assert sandbox.updates.pending() == []


async def test_who_blocked_the_bot_hands_nothing_over(
    http: httpx.AsyncClient, sandbox: Sandbox, ada: int
) -> None:
    sandbox.people.set_blocked(ada, True)
    refusal = await http.post(f"/control/chats/{ada}/documents", params={"name": "a"}, content=b"x")
    assert refusal.status_code == 409
    assert len(sandbox.state.messages_of(ada)) == 1


async def test_a_file_can_stand_in_a_part_of_another_name(
    http: httpx.AsyncClient, token: str, sandbox: Sandbox, ada: int
) -> None:
    answer = await http.post(
        f"/bot{token}/sendDocument",
        data={"chat_id": str(ada), "document": "attach://it"},
        files={"it": ("a.txt", b"hello")},
    )
    assert answer.json()["result"]["document"]["file_name"] == "a.txt"
    assert sandbox.calls[-1].params == {"chat_id": ada, "document": {"file": "a.txt", "bytes": 5}}
    stray = await http.post(
        f"/bot{token}/sendDocument",
        data={"chat_id": str(ada), "document": "attach://it"},
        files={"that": ("a.txt", b"hello")},
    )
    assert stray.json()["description"].startswith('Bad Request: unknown parameter "that"')


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "IMAGE_PROCESS_FAILED"),
        (png(1, 1)[:18], "IMAGE_PROCESS_FAILED"),
        (png(30, 1), "PHOTO_INVALID_DIMENSIONS"),
        (png(1, 30), "PHOTO_INVALID_DIMENSIONS"),
        (b"", "file must be non-empty"),
    ],
    ids=["text", "cut off", "wide", "high", "empty"],
)
async def test_what_is_no_photo_is_refused(ptb: ExtBot[None], ada: int, content: bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await ptb.send_photo(ada, content)


async def test_ids_are_of_one_kind_and_files_of_one_bot(
    call: Call, http: httpx.AsyncClient, ptb: ExtBot[None], ada: int
) -> None:
    document = (await ptb.send_document(ada, b"x", filename="x")).document
    assert document is not None
    for refused, words in (
        (call("sendPhoto", chat_id=ada, photo=document.file_id), "can't use file of type Document as Photo"),
        (call("sendPhoto", chat_id=ada, photo="nothing"), "wrong remote file identifier specified"),
        (call("sendPhoto", chat_id=ada, photo="https://example.org/a.png"), "not supported"),
        (call("sendDocument", chat_id=ada, document=document.file_id, thumbnail="x"), "not supported"),
        (call("sendDocument", chat_id=ada, document=document.file_id, caption="x" * 1025), "is too long"),
        (call("getFile", file_id="nothing"), "wrong file_id"),
    ):
        assert words in (await refused)["description"]
    path = (await call("getFile", file_id=document.file_id))["result"]["file_path"]
    assert (await http.get(f"/file/bot1:wrong/{path}")).status_code == 401
    assert (await http.get("/control/files/nothing")).status_code == 404


async def test_a_file_that_is_too_big_for_bots_cannot_be_fetched(
    call: Call, sandbox: Sandbox, token: str, http: httpx.AsyncClient, ada: int
) -> None:
    found = sandbox.files.add("document", "big", bytes(20 * 2**20 + 1))
    assert (await call("getFile", file_id=found.file_id))["description"] == "Bad Request: file is too big"
    assert (await http.get(f"/file/bot{token}/nothing")).status_code == 404


async def test_a_caption_is_edited_and_a_text_is_not_a_caption(ptb: ExtBot[None], ada: int) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("5★", callback_data="5")]])
    sent = await ptb.send_photo(ada, png(9, 9), "before", reply_markup=keyboard)
    edited = await sent.edit_caption("after")
    assert not isinstance(edited, bool)
    assert (edited.caption, edited.reply_markup, edited.photo) == ("after", None, sent.photo)
    with pytest.raises(BadRequest, match="exactly the same"):
        await sent.edit_caption("after")
    with pytest.raises(BadRequest, match="here is no text in the message to edit"):
        await sent.edit_text("text")
    text = await ptb.send_message(ada, "text")
    with pytest.raises(BadRequest, match="here is no caption in the message to edit"):
        await text.edit_caption("caption")


async def test_files_survive_a_restart(
    tmp_path: Path, token: str, grace: int, connect: Callable[[str], ExtBot[None]]
) -> None:
    world = Sandbox(token, path=tmp_path / "sandbox.db")
    world.people.send_document(grace, "a.txt", b"hello")
    killed = world  # nothing closes the world of such a process
    world = Sandbox(token, path=tmp_path / "sandbox.db")
    async with serve(world, port=0) as url, connect(url) as bot:
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.document is not None
        file = await bot.get_file(update.message.document)
        assert bytes(await file.download_as_bytearray()) == b"hello"
    world.close()
    killed.close()  # Python 3.13 warns of a connection that is left to the garbage


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(60, 40), ("image/png", 60, 40)),
        (jpeg(60, 40), ("image/jpeg", 60, 40)),
        (b"GIF89a" + struct.pack("<HH", 60, 40), ("image/gif", 60, 40)),
        (jpeg(60, 40)[:14], None),
        (b"%PDF", None),
        (b"", None),
    ],
    ids=["png", "jpeg", "gif", "cut off", "pdf", "empty"],
)
def test_the_size_of_a_picture(content: bytes, expected: tuple[str, int, int] | None) -> None:
    assert picture_size(content) == expected
