"""Every setting is documented, and wrong ones are named all together."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.process.settings import Settings, read_settings

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No MATINEE variables, and no .env."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MATINEE_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert Settings.model_fields[name].description
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page.count(f"\n| `MATINEE_{name.upper()}` | ") == 1


def test_nothing_has_to_be_set() -> None:
    settings = read_settings()
    assert settings.telegram_token is None
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.dataset == "ml-latest-small"
    assert not settings.dataset_chosen
    assert settings.database == f"sqlite+aiosqlite:///{settings.home / 'matinee.db'}"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATINEE_TELEGRAM_TOKEN", "123:abc")
    monkeypatch.setenv("MATINEE_TELEGRAM_API_URL", "http://127.0.0.1:8081/")
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MATINEE_DATASET", "ml-100k")
    monkeypatch.setenv("MATINEE_LOG_LEVEL", "debug")
    settings = read_settings()
    assert settings.telegram_token is not None
    assert settings.telegram_token.get_secret_value() == "123:abc"
    assert "abc" not in repr(settings)
    assert settings.telegram_api_url == "http://127.0.0.1:8081"
    assert settings.home == tmp_path / "home"
    assert settings.models == tmp_path / "home" / "models"
    assert settings.dataset_chosen
    assert settings.log_level == "DEBUG"


def test_dotenv_is_read_and_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("MATINEE_DATASET=ml-1m\nMATINEE_LOG_LEVEL=WARNING\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("MATINEE_LOG_LEVEL", "ERROR")
    assert read_settings().dataset == "ml-1m"
    assert read_settings().log_level == "ERROR"


def test_what_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `docker compose` and CI hand on a variable that nobody set."""
    monkeypatch.setenv("MATINEE_TELEGRAM_TOKEN", "")
    monkeypatch.setenv("MATINEE_CHAT_SEND_BURST", "")
    assert read_settings().telegram_token is None
    assert read_settings().chat_send_burst == 5


def test_wrong_ones_are_told_together_without_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "MATINEE_TELEGRAM_TOKEN": "secret with spaces",
        "MATINEE_TELEGRAM_API_URL": "api.telegram.org",
        "MATINEE_DATABASE_URL": "mysql://here",
        "MATINEE_SENDS_PER_SECOND": "0",
        "MATINEE_CHAT_SENDS_PER_SECOND": "fast",
        "MATINEE_CHAT_SEND_BURST": "-1",
        "MATINEE_TIMEZONE": "Atlantis/Center",
        "MATINEE_LOG_LEVEL": "LOUD",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    lines = str(caught.value).splitlines()
    assert {line.partition(":")[0] for line in lines} == set(wrong)
    assert len(lines) == len(wrong)
    assert "secret" not in str(caught.value)
