"""`python -m bot` is the `matinee` command."""

from bot.cli import main

main()
