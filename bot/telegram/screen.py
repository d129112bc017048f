"""What a person sees: a text and its buttons, before it becomes Telegram's types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.telegram.callbacks import Record, pack
from bot.texts import Translator


@dataclass(frozen=True, slots=True)
class Button:
    """A label (plain text) and what it does: a record for us, or a link to open."""

    label: str
    action: Record | str


@dataclass(frozen=True, slots=True)
class Screen:
    """One message: HTML, rows of buttons, and the page whose preview is shown, if any."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    preview_url: str | None = None

    @property
    def markup(self) -> InlineKeyboardMarkup | None:
        """The inline keyboard; None without buttons."""
        if not self.rows:
            return None
        return InlineKeyboardMarkup([[_telegram_button(button) for button in row] for row in self.rows])

    @property
    def preview(self) -> LinkPreviewOptions:
        """A large preview under the text of the one page chosen on purpose, else none."""
        if self.preview_url is None:
            return LinkPreviewOptions(is_disabled=True)
        return LinkPreviewOptions(url=self.preview_url, prefer_large_media=True)


@dataclass(frozen=True, slots=True)
class PollForm:
    """A poll: plain texts, and rows of buttons under it. `several`: more than one option may be chosen."""

    question: str
    options: tuple[str, ...]
    several: bool
    rows: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture (PNG) with a caption of at most 1,024 characters, HTML, and rows of buttons under it."""

    content: bytes
    caption: str
    rows: tuple[tuple[Button, ...], ...] = ()


def in_rows(buttons: Sequence[Button], width: int) -> list[tuple[Button, ...]]:
    """Buttons in rows of `width`; the last one may be shorter."""
    return [tuple(buttons[start : start + width]) for start in range(0, len(buttons), width)]


def page_buttons(
    offset: int, size: int, total: int, to: Callable[[int], Record], t: Translator
) -> tuple[Button, ...]:
    """Newer and Older beside the page of `size` lines, of `total`, that begins at `offset`: those that there
    are. `to` gives the record of the page at an offset."""
    newer = Button(t.plain("button.newer"), to(max(0, offset - size)))
    older = Button(t.plain("button.older"), to(offset + size))
    return (*((newer,) if offset > 0 else ()), *((older,) if offset + size < total else ()))


def _telegram_button(button: Button) -> InlineKeyboardButton:
    if isinstance(button.action, str):
        return InlineKeyboardButton(button.label, url=button.action)
    return InlineKeyboardButton(button.label, callback_data=pack(button.action))
