"""What lies in a work folder, when somebody else wrote it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import TrainingFailed
from bot.training.folder import read_number, read_outcome, read_task

NESTED = "[" * 100_000


@pytest.mark.parametrize(
    ("name", "read"), [("job.json", read_task), ("outcome.json", read_outcome), ("number.json", read_number)]
)
@pytest.mark.parametrize(
    "content",
    [NESTED, '{"a":' * 100_000, "[]", "{}", "null", "1" * 5000, "\0"],
    ids=["lists", "objects", "list", "empty", "null", "digits", "NUL"],
)
def test_json_of_another_kind_is_refused_in_one_line(
    tmp_path: Path, name: str, read: Callable[[Path], object], content: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(TrainingFailed, match=name) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
