"""A store that cannot be had is named without its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import StoreFailed
from bot.films.store import open_store


@pytest.mark.parametrize("url", ["nothing://me:hunter2@host/models", "nothing://host/models?key=hunter2"])
def test_errors_name_the_store_without_its_secrets(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="MATINEE_ARTIFACTS nothing://") as caught:
        open_store(tmp_path, url)
    assert "hunter2" not in str(caught.value)
