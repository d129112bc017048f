"""Every setting, from the environment (prefix MATINEE_) or from `.env`.

Descriptions are what docs/settings.md prints: `make reference` writes it again.
"""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError
from bot.process.bounds import DEFAULT_BOUNDS, Bound, parse_bounds
from recsys.data.sources.download import DATASETS
from storage.database.engine import parse_url
from storage.errors import CannotOpen

DEFAULT_DATASET = "ml-latest-small"
FALLBACK_DATASET = "ml-100k"  # comes out of a wheel, so it needs no more than a package index
_NAMED = ", ".join(f"`{name}`" for name in DATASETS)


class Settings(BaseSettings):
    """What an operator can choose. Frozen; read once by the command line, then handed on."""

    model_config = SettingsConfigDict(
        env_prefix="MATINEE_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    telegram_token: SecretStr | None = Field(None, description="The bot's token, from @BotFather.")
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        description="Where the Bot API answers: Telegram's own server, or one that you run yourself.",
    )
    home: Path = Field(
        default_factory=lambda: user_data_path("matinee"),
        description="The folder that holds data, models and the database. Not set: `matinee` in the user's "
        "data folder, on Linux `~/.local/share/matinee`.",
    )
    database_url: str | None = Field(
        None,
        description="`postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE`, or `sqlite+aiosqlite:///FILE`. "
        "Not set: SQLite, the file `matinee.db` in the home.",
    )
    admin_ids: Annotated[tuple[int, ...], NoDecode] = Field(
        (),
        description="Telegram's numbers of the people who may use `/admin`, with commas between, as "
        "`123456789,987654321`. `/mydata` tells yours. Not set: nobody.",
    )
    dataset: str = Field(
        DEFAULT_DATASET,
        description=f"What the first model learns from: a MovieLens data set ({_NAMED}), or a folder or zip "
        "in a MovieLens layout.",
    )
    rating_scale: int = Field(
        5,
        description="The highest rating that a folder or zip of yours holds: 5, or 10, whose ratings are "
        "halved into stars.",
    )
    sends_per_second: float = Field(30.0, gt=0, description="New messages a second, over all chats.")
    chat_sends_per_second: float = Field(1.0, gt=0, description="New messages a second in one chat.")
    chat_send_burst: int = Field(
        5, ge=1, description="Messages that a chat may get at once before that rate holds."
    )
    group_sends_per_minute: float = Field(
        20.0, gt=0, description="Messages a minute in one group, and changes of a movie night's board."
    )
    poll_minutes: float = Field(
        120.0, gt=0, description="How long the poll of a movie night is open where no time is planned."
    )
    http_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="The port at which `/healthz`, `/readyz` and `/metrics` answer; 0 takes a free one. "
        "Not set: they answer nowhere.",
    )
    http_host: str = Field(
        "127.0.0.1",
        description="The address that port listens on: this machine alone, or all addresses with `0.0.0.0`.",
    )
    timezone: str = Field(
        "UTC",
        description="The time zone of people and groups who chose none in `/settings`, and of "
        "`MATINEE_RETRAIN_AT` and `MATINEE_BACKUP_AT`: a name of the IANA database, as `Europe/Berlin`.",
    )
    retrain_at: Annotated[time | None, NoDecode] = Field(
        time(4, 0),
        description="The time of day at which a model is trained on what is new, in `MATINEE_TIMEZONE`; "
        "`off` is never.",
    )
    retrain_after: int | None = Field(
        None,
        ge=1,
        description="Train after so many new ratings, too. Not set: by the clock alone.",
    )
    full_every_days: int = Field(
        7,
        ge=1,
        description="Days after the last full training from which the next one by the clock is full: it "
        "begins anew, where the others go on from the live model.",
    )
    train_here: bool = Field(
        True,
        description="Whether the bot trains on this machine, beside answering; `false` leaves trainings to "
        "`matinee worker` on another one.",
    )
    gate_margin: float = Field(
        0.02,
        ge=0,
        description="How much worse a new model may be than the live one, on ratings kept apart for this "
        "comparison; 0.02 is 2 %. A model that is worse than that is not used.",
    )
    backup_at: Annotated[time | None, NoDecode] = Field(
        time(3, 30),
        description="The time of day at which the database is backed up into `backups` of the home, in "
        "`MATINEE_TIMEZONE`; `off` is never.",
    )
    keep_backups: int = Field(7, ge=1, description="Daily backups kept; older ones are deleted.")
    backup_days: int = Field(
        30, ge=1, description="Days after which a daily backup is deleted; the newest one stays."
    )
    keep_models: int = Field(
        5, ge=1, description="Models kept beside the live one, to go back to; older ones are deleted."
    )
    artifacts: str | None = Field(
        None,
        description="Where models are shared with `matinee worker`: an fsspec URL, as `s3://BUCKET/matinee` "
        "or `file:///mnt/matinee`. Not set: models are in the home alone.",
    )
    alerts: Annotated[tuple[Bound, ...], NoDecode] = Field(
        parse_bounds(DEFAULT_BOUNDS),
        description="Bounds of the figures in `/monitor` (`gini`, `coverage`, `popularity_lift`, "
        "`miscalibration`, `most_active_share`, `hit_rate`): admins are told, once a week, of one that is "
        "passed. `off` is none.",
    )
    log_level: str = Field(
        "INFO", description="The least that is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
    log_format: Literal["console", "json"] = Field(
        "console", description="`console` for people, `json` for machines: one object a line."
    )

    @field_validator("telegram_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        """Telegram says whether it is the right one; what could not stand in a URL is refused at once."""
        if value and any(character.isspace() or character in "/?#" for character in value.get_secret_value()):
            raise ValueError("looks like 123456789:AAF…, as @BotFather gives it")
        return value

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _admin_ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        numbers = [part.strip() for part in value.split(",") if part.strip()]
        if not all(number.isascii() and number.isdecimal() for number in numbers):
            raise ValueError("must be numbers with commas between, as 123456789,987654321")
        return tuple(map(int, numbers))

    @field_validator("rating_scale")
    @classmethod
    def _rating_scale(cls, value: int) -> int:
        if value not in (5, 10):
            raise ValueError("must be 5 or 10")
        return value

    @field_validator("retrain_at", "backup_at", mode="before")
    @classmethod
    def _time_of_day(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value.strip().lower() == "off":
            return None
        try:
            return datetime.strptime(value.strip(), "%H:%M").time()  # noqa: DTZ007 - a time of day
        except ValueError:
            raise ValueError("must be a time of day, as 04:00, or off") from None

    @field_validator("alerts", mode="before")
    @classmethod
    def _alerts(cls, value: object) -> object:
        return parse_bounds(value) if isinstance(value, str) else value

    @field_validator("artifacts")
    @classmethod
    def _artifacts(cls, value: str | None) -> str | None:
        if value is not None and "://" not in value:
            raise ValueError("must be a URL, as s3://BUCKET/matinee or file:///mnt/matinee")
        return value

    @field_validator("telegram_api_url")
    @classmethod
    def _api_url(cls, value: str) -> str:
        try:
            host = urlsplit(value).hostname
        except ValueError:
            host = None
        if not value.startswith(("http://", "https://")) or not host:
            raise ValueError("must begin with http:// or https://, and a host")
        return value.rstrip("/")

    @field_validator("home")
    @classmethod
    def _home(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                parse_url(value)
            except CannotOpen as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a name of the IANA database, as Europe/Berlin or UTC")
        return value

    @field_validator("log_level")
    @classmethod
    def _log_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @property
    def token(self) -> str:
        """The token. Raises SettingsError without one."""
        if self.telegram_token is None:
            raise SettingsError("MATINEE_TELEGRAM_TOKEN: not set")
        return self.telegram_token.get_secret_value()

    @property
    def database(self) -> str:
        """The URL of the database, given or in the home."""
        return self.database_url or f"sqlite+aiosqlite:///{self.home / 'matinee.db'}"

    @property
    def data(self) -> Path:
        """Where downloaded data sets are kept."""
        return self.home / "data"

    @property
    def models(self) -> Path:
        """Where artifacts are kept, one folder each."""
        return self.home / "models"

    @property
    def dataset_chosen(self) -> bool:
        """Whether somebody named the data set: then there is no falling back to another."""
        return "dataset" in self.model_fields_set

    @property
    def admins_chosen(self) -> bool:
        """Whether somebody said who administers the bot."""
        return "admin_ids" in self.model_fields_set


class _WithToken(Settings):
    """The settings of a bot that speaks to Telegram."""

    telegram_token: SecretStr = Field()


_NO_TOKEN = (
    "not set. Get one from @BotFather (/newbot) and put it in the environment or in .env. "
    "To try Matinee without Telegram: matinee demo (or `make demo`)."
)


def read_settings(*, need_token: bool = False) -> Settings:
    """Read the environment. Raises SettingsError that names every wrong setting at once."""
    try:
        return _WithToken() if need_token else Settings()
    except ValidationError as error:
        lines = [
            f"MATINEE_{'_'.join(str(part) for part in fault['loc']).upper()}: "
            f"{_NO_TOKEN if fault['type'] == 'missing' else _in_one_line(fault['msg'])}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("\n".join(lines)) from None


def _in_one_line(message: str) -> str:
    """What is wrong, without pydantic's prefix: readers take each line for a setting of its own."""
    return " ".join(message.removeprefix("Value error, ").split())
