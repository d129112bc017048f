"""Every setting is shown as one writes it: what is shown, put into the environment, gives the same value."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.doctor.surroundings import settings_lines
from bot.process.bounds import Bound
from bot.process.settings import Settings, read_settings
from recsys.data.sources.download import DATASETS

SECRETS = {"telegram_token"}

rates = st.floats(min_value=1e-6, max_value=1e6, exclude_min=True)
counts = st.integers(1, 10**6)
words = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=["L", "N"]), min_size=1)
figures = st.sampled_from(["gini", "coverage", "popularity_lift", "miscalibration", "hit_rate"])
bounds = st.builds(Bound, figures, st.booleans(), st.floats(allow_nan=False, allow_infinity=False))

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "telegram_api_url": st.builds("https://{}:{}/{}".format, words, st.integers(1, 65535), words),
    "home": words.map(lambda name: Path("/home") / name / "my films #1"),
    "database_url": st.none() | words.map("postgresql+asyncpg://me@db/{}?ssl=require".format),
    "admin_ids": st.lists(st.integers(1, 10**12)).map(tuple),
    "dataset": st.sampled_from(DATASETS) | words.map("/srv/ratings, {}".format),
    "rating_scale": st.sampled_from([5, 10]),
    "sends_per_second": rates,
    "chat_sends_per_second": rates,
    "chat_send_burst": counts,
    "group_sends_per_minute": rates,
    "poll_minutes": rates,
    "http_port": st.none() | st.integers(0, 65535),
    "http_host": words,
    "timezone": st.sampled_from(sorted(available_timezones())),
    "retrain_at": st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    "backup_at": st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    "keep_backups": counts,
    "backup_days": counts,
    "retrain_after": st.none() | counts,
    "full_every_days": counts,
    "train_here": st.booleans(),
    "gate_margin": rates,
    "keep_models": counts,
    "artifacts": st.none() | words.map("s3://{}/matinee".format),
    "alerts": st.lists(bounds).map(tuple),
    "log_level": st.sampled_from(["DEBUG", "INFO", "WARNING", "ERROR"]),
    "log_format": st.sampled_from(["console", "json"]),
}


def shown(settings: Settings, name: str) -> str:
    """What the doctor prints of it."""
    (line,) = [line for line in settings_lines(settings) if line.check == f"MATINEE_{name.upper()}"]
    return line.found.removesuffix(" (default)")


@pytest.mark.parametrize("name", Settings.model_fields)
@hypothesis_settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_what_is_shown_reads_back_the_same(
    name: str, data: st.DataObject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if name in SECRETS:
        value: object = SecretStr("123456789:AAF-hunter2")
        assert "hunter2" not in shown(Settings.model_validate({name: value}), name)
        return
    value = data.draw(VALUES[name])
    text = shown(Settings.model_validate({name: value}), name)
    with monkeypatch.context() as environment:
        environment.chdir(tmp_path)
        for other in Settings.model_fields:
            environment.delenv(f"MATINEE_{other.upper()}", raising=False)
        if text not in ("not set", "nobody"):
            environment.setenv(f"MATINEE_{name.upper()}", text)
        assert getattr(read_settings(), name) == value, text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("admin_ids", (), "nobody"),
        ("admin_ids", (123456789, 987654321), "123456789,987654321"),
        ("retrain_at", time(4, 0), "04:00"),
        ("retrain_at", None, "off"),
        ("alerts", (), "off"),
        ("alerts", (Bound("gini", True, 0.98), Bound("hit_rate", False, 0.01)), "gini>0.98,hit_rate<0.01"),
        ("train_here", False, "false"),
        ("sends_per_second", 30.0, "30"),
        ("http_port", None, "not set"),
        (
            "database_url",
            "postgresql://me:hunter2@db/films?password=hunter2",
            "postgresql://me:***@db/films?password=***",
        ),
        ("artifacts", "s3://KEY:hunter2@bucket/matinee", "s3://KEY:***@bucket/matinee"),
        ("telegram_api_url", "https://me:hunter2@api.example.org", "https://me:***@api.example.org"),
    ],
)
def test_it_is_shown_as_people_write_it(name: str, value: object, text: str) -> None:
    assert shown(Settings.model_validate({name: value}), name) == text
