"""`python -m bot` is the `matinee` command, and what an installation calls."""

from __future__ import annotations

import sys

from bot.process.modes import keep_private
from bot.process.version import version_line


def main() -> None:
    """Run the command. Its version is told without loading what a command may need, which takes a second."""
    keep_private()
    if sys.argv[1:] == ["--version"]:
        print(version_line())  # noqa: T201
        return
    from bot.cli import main as run

    run()


if __name__ == "__main__":
    main()
