"""Write docs/settings.md and docs/commands.md from what the settings and commands say of themselves.

python -m tools.reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer.main

from bot.cli import cli
from bot.process.settings import Settings
from bot.process.written import written

DOCS = Path(__file__).parents[1] / "docs"

# The settings by what somebody wants to do, the most wanted first. A new setting needs its place here.
GROUPS = {
    "To begin with": ("telegram_token", "admin_ids", "home", "timezone"),
    "Films and database": (
        "dataset",
        "rating_scale",
        "database_url",
        "backup_at",
        "keep_backups",
        "backup_days",
    ),
    "Training": (
        "retrain_at",
        "retrain_after",
        "full_every_days",
        "gate_margin",
        "keep_models",
        "train_here",
        "artifacts",
    ),
    "Watching it": ("alerts", "http_port", "http_host", "log_level", "log_format"),
    "Movie nights": ("poll_minutes",),
    "How it speaks to Telegram": (
        "telegram_api_url",
        "sends_per_second",
        "chat_sends_per_second",
        "chat_send_burst",
        "group_sends_per_minute",
    ),
}

# What most people set; a test reads it as settings.
EXAMPLE = """\
MATINEE_TELEGRAM_TOKEN=123456789:AAF-this-is-not-a-token
MATINEE_ADMIN_IDS=123456789,987654321
MATINEE_TIMEZONE=Europe/Lisbon
MATINEE_RETRAIN_AT=04:30
MATINEE_HTTP_PORT=8080
"""

_SETTINGS = """\
# Settings

Matinee reads its settings from the environment, and from a file `.env` in the folder in which it is
started; the environment goes first. On Telegram the token has to be set, everything else has a default that
works. A setting that is set to nothing counts as not set. Wrong ones are named all at once at the start, and
`matinee doctor` shows every setting as it is in force.

A `.env` with what most people set:

```ini
{example}```
"""

_COMMANDS = """\
# Commands

What can be typed in a shell; `--help` after any of them says the same. What people write to the bot is in
[chatting.md](chatting.md), what its admins write in [admin.md](admin.md).
"""

_MADE = "<!-- Written by `make reference` from the code; do not edit. -->\n"


def settings_page() -> str:
    """docs/settings.md. Raises ValueError unless each setting is in one group."""
    grouped = [name for names in GROUPS.values() for name in names]
    if sorted(grouped) != sorted(Settings.model_fields):
        odd = sorted(set(grouped) ^ set(Settings.model_fields)) or grouped
        raise ValueError(f"each setting belongs to one of tools.reference.GROUPS: {', '.join(odd)}")
    parts = [_MADE + _SETTINGS.format(example=EXAMPLE)]
    for title, names in GROUPS.items():
        rows = [(f"`MATINEE_{name.upper()}`", _description(name), _default(name)) for name in names]
        parts.append(f"## {title}\n\n{_table(('setting', 'what it is', 'default'), rows)}")
    return "\n".join(parts)


def _description(name: str) -> str:
    return Settings.model_fields[name].description or ""


def _default(name: str) -> str:
    """As one would write it; what depends on the machine is told in the description."""
    field = Settings.model_fields[name]
    if field.default_factory is not None or field.default in (None, ()):
        return "not set"
    return f"`{written(Settings.model_construct(**{name: field.default}), name)}`"


def commands_page() -> str:
    """docs/commands.md: all commands in one table, then each with its arguments and options."""
    found = list(commands(typer.main.get_command(cli), "matinee"))
    overview = [(f"`{usage(name, command)}`", _link(name, _first(command))) for name, command in found]
    parts = [_MADE + _COMMANDS, _table(("command", "what it does"), overview)]
    parts += [_section(name, command) for name, command in found]
    return "\n".join(parts)


def commands(of: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command as it is typed, but those that Matinee alone calls."""
    inner = getattr(of, "commands", None)
    if not isinstance(inner, dict):
        yield name, of
        return
    for word, command in inner.items():
        if not command.hidden:
            yield from commands(command, f"{name} {word}")


def usage(name: str, command: Any) -> str:
    """A command with what it cannot do without, as `matinee similar TITLE...`."""
    words = [name]
    for parameter in command.params:
        if parameter.required:
            words += [] if _is_argument(parameter) else [parameter.opts[0]]
            words.append(_metavar(parameter) + ("..." if parameter.nargs == -1 else ""))
    return " ".join(words)


def _section(name: str, command: Any) -> str:
    parts = [f"## {name}", *_paragraphs(command.help or "")]
    arguments = [(f"`{_metavar(each)}`", _help(each)) for each in command.params if _is_argument(each)]
    options = [
        (f"`{_spelled(each)}`", _help(each))
        for each in command.params
        if not _is_argument(each) and not getattr(each, "hidden", False) and each.name != "help"
    ]
    if arguments:
        parts.append(_table(("argument", "what it is"), arguments).rstrip())
    if options:
        parts.append(_table(("option", "what it does"), options).rstrip())
    return "\n\n".join(parts) + "\n"


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _spelled(option: Any) -> str:
    """An option as it is typed, `-n, --number N`; a switch takes no value."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {_metavar(option)}"


def _help(parameter: Any) -> str:
    told, default = _code(parameter.help or ""), parameter.default
    if parameter.required:
        return f"{told} Required."
    if default is None or default is False or "default" in told.lower():
        return told
    return f"{told} Default: `{default}`."


def _code(text: str) -> str:
    """Settings and options in a running text, which --help shows plain, as code."""
    return re.sub(r"(?<![`\w-])(MATINEE_[A-Z_]+|--[a-z-]+)(?![`\w])", r"`\1`", text)


def _first(command: Any) -> str:
    """The first sentences of the help: its first paragraph."""
    return _paragraphs(command.help or "")[0]


def _paragraphs(text: str) -> list[str]:
    return [_code(" ".join(part.split())) for part in re.split(r"\n\s*\n", text.strip())]


def _link(name: str, text: str) -> str:
    return f"{text} [More](#{name.replace(' ', '-')})"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


PAGES = {"settings.md": settings_page, "commands.md": commands_page}


def main() -> None:
    """Write both."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
