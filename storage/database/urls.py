"""What of a URL may be shown. Everything that prints, logs or reports a URL goes through here."""

from __future__ import annotations

import re
from urllib.parse import unquote

from sqlalchemy import URL

HIDDEN = "***"

# What in a query is no secret. All else is hidden: services have many words for a password.
_HARMLESS = {
    "cache",
    "command_timeout",
    "host",
    "immutable",
    "mode",
    "port",
    "prepared_statement_cache_size",
    "region",
    "ssl",
    "sslmode",
    "target_session_attrs",
    "timeout",
    "uri",
    "user",
}
# With these alone a name without a password is a name. In front of a web address it is mostly a token.
_WEB = ("http", "https")
_IN_TEXT = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>`]+")


def masked(url: str | URL) -> str:
    """A URL of any scheme without its secrets: `postgresql://me:***@host/films?password=***`.

    Hides too much rather than too little where a password was written with characters that a URL must quote.
    What has no secret comes back as it is.
    """
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    scheme, mark, rest = text.partition("://")
    if not mark:
        return text
    return f"{scheme}://{_masked_query(_masked_user(rest, scheme))}"


def masked_text(text: str) -> str:
    """A text, such as an error of a library, with every URL in it masked."""
    return _IN_TEXT.sub(lambda found: masked(found[0]), text)


def _masked_user(rest: str, scheme: str) -> str:
    """What follows the scheme, without the password, or the token, before an @."""
    before, at, after = rest.rpartition("@")
    if not at:
        return rest
    user, colon, _ = before.partition(":")
    if colon and not re.search(r"[/?#]", user):
        return f"{user}:{HIDDEN}@{after}"
    if scheme.lower().rpartition("::")[2] in _WEB and not re.search(r"[/?#]", before):
        return f"{HIDDEN}@{after}"
    return rest


def _masked_query(rest: str) -> str:
    place, mark, query = rest.partition("?")
    if not mark:
        return rest
    return f"{place}?{'&'.join(_masked_value(part) for part in query.split('&'))}"


def _masked_value(part: str) -> str:
    name, mark, _ = part.partition("=")
    if not part or unquote(name).lower() in _HARMLESS:
        return part
    return f"{name}={HIDDEN}" if mark else HIDDEN
