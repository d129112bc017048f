"""What `matinee doctor` looks at. It only reads, takes no lock, and works while the bot runs.

Imported by the command line alone; may import from training, films, telegram and process.
"""

from __future__ import annotations

from bot.doctor.findings import Finding, Level
from bot.doctor.report import write as write_report
from bot.doctor.rounds import examine

__all__ = ["Finding", "Level", "examine", "write_report"]
