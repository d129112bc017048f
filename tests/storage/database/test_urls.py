"""No secret of a URL is shown, however it was written, and nothing else is hidden."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from storage.database.engine import parse_url
from storage.database.urls import masked, masked_text
from storage.errors import CannotOpen

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+asyncpg://me:hunter2@db/films", "postgresql+asyncpg://me:***@db/films"),
        (
            "postgresql://me:hunter2@[::1]:5432/films?ssl=require",
            "postgresql://me:***@[::1]:5432/films?ssl=require",
        ),
        ("postgresql://db/films?user=me&password=hunter2", "postgresql://db/films?user=me&password=***"),
        (
            "postgresql:///films?host=/run/pg&passfile=hunter2",
            "postgresql:///films?host=/run/pg&passfile=***",
        ),
        ("postgresql://:hunter2@/films", "postgresql://:***@/films"),
        ("https://hunter2@api.example.org/x", "https://***@api.example.org/x"),
        ("simplecache::https://hunter2@example.org/x", "simplecache::https://***@example.org/x"),
        ("zip://a.zip::https://me:hunter2@example.org/x", "zip://a.zip:***@example.org/x"),
        ("s3://KEY:hunter2@bucket/matinee", "s3://KEY:***@bucket/matinee"),
        ("https://example.org/x?sig=hunter2&timeout=3", "https://example.org/x?sig=***&timeout=3"),
        ("https://example.org/x?hunter2", "https://example.org/x?***"),
        ("https://example.org/x?P%61ssword=hunter2", "https://example.org/x?P%61ssword=***"),
    ],
)
def test_secrets_are_hidden_wherever_they_stand(url: str, shown: str) -> None:
    assert masked(url) == shown
    assert masked(shown) == shown
    assert SECRET not in masked_text(f"GET <{url}>, then '{url}' and {url}")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.telegram.org",
        "http://127.0.0.1:8081",
        "https://example.org/@somebody",
        "postgresql+asyncpg://matinee@db.example/matinee",
        "abfs://container@account.dfs.core.windows.net/matinee",
        "sqlite+aiosqlite:////home/me:you@there/matinee.db?mode=ro",
        "file:///mnt/matinee",
        "s3://BUCKET/matinee",
        "nothing of the kind",
        "",
    ],
)
def test_what_has_no_secret_stays(url: str) -> None:
    assert masked(url) == url


PASSWORDS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=["L", "N", "P", "S"]), min_size=1
)


@given(PASSWORDS, st.booleans(), st.sampled_from(["postgresql+asyncpg", "https", "s3", "redis"]))
def test_no_password_survives_however_it_is_written(password: str, quoted: bool, scheme: str) -> None:
    secret = f"{SECRET}{password}{SECRET}"
    written = quote(secret, safe="") if quoted else secret
    assert SECRET not in masked(f"{scheme}://me:{written}@host/films?ssl=1")
    if quoted or "&" not in secret:
        assert SECRET not in masked(f"{scheme}://host/films?ssl=1&password={written}&user=me")
        assert SECRET not in masked(f"{scheme}://host/films?ssl=1&whatever={written}")


@given(PASSWORDS)
def test_a_parsed_url_is_masked_as_well(password: str) -> None:
    url = make_url("postgresql+asyncpg://db/films").set(username="me", password=f"{SECRET}{password}")
    assert masked(url) == "postgresql+asyncpg://me:***@db/films"
    assert SECRET not in masked(url.set(password=None).update_query_dict({"password": SECRET + password}))


@pytest.mark.parametrize("url", ["mysql://me:hunter2@db/x", "sqlite://?password=hunter2"])
def test_errors_name_a_database_without_its_password(url: str) -> None:
    with pytest.raises(CannotOpen) as caught:
        parse_url(url)
    assert SECRET not in str(caught.value)
