"""Links to the bot: t.me/<bot>?start=PAYLOAD, and ?startgroup=PAYLOAD."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sandbox.errors import ControlError

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")


@dataclass(frozen=True)
class BotLink:
    """Where a link leads: to the bot in private, or to a choice of group."""

    payload: str
    for_group: bool


def read_link(url: str, username: str) -> BotLink:
    """What an app makes of a link to the bot, as https://t.me/… or tg://resolve?domain=….

    Raises ControlError 400 for a link to anything else, and for a payload that Telegram would not take.
    """
    address = urlsplit(url if "://" in url else f"https://{url}")
    query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
    named = query.get("domain", "") if address.scheme == "tg" else address.path.strip("/")
    hosts = ("resolve",) if address.scheme == "tg" else ("t.me", "telegram.me", "telegram.dog")
    if address.netloc.lower() not in hosts or named.lower() != username.lower():
        raise ControlError(400, f"{url} is no link to @{username}")
    payload = query.get("startgroup", query.get("start", ""))
    if not _PAYLOAD.fullmatch(payload):
        raise ControlError(400, f'the payload "{payload}" is not 0 to 64 of A-Za-z0-9_-')
    return BotLink(payload, for_group="startgroup" in query)
