"""Settings of the sources, from `loaders.toml` and the environment."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlunsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from loaders.exposure import exposed_secrets
from loaders.logins import (
    BaseUrl,
    MongoUri,
    Secret,
    Token,
    UserName,
    address_parts,
)

PREFIX = "LOADERS_"
CONFIG_VARIABLE = "LOADERS_CONFIG"
CONFIG_FILE = Path("loaders.toml")
DATABASE_VARIABLE = "USAGE_DB"
DATABASE_FILE = "data/usage.db"
SHORTEST_KEY = 16
A_DAY = 24 * 3600
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class InvalidSettings(Exception):
    """Settings that cannot be used; the message is one line that names the key."""


class ExposedSecrets(InvalidSettings):
    """A file with secrets that others may read."""


class Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )


class Labels(Table):
    """Names of the labels that say whose a series is; `user` may be empty: none."""

    project: str = "cloud_project_name"
    machine: str = "machine_name"
    host: str = "instance"
    user: str = ""

    @field_validator("*")
    @classmethod
    def is_label_name(cls, name: str) -> str:
        if name and not LABEL_NAME.fullmatch(name):
            raise ValueError("is not a label name of Prometheus")
        return name

    @field_validator("project", "machine", "host")
    @classmethod
    def is_given(cls, name: str) -> str:
        if not name:
            raise ValueError("must not be empty")
        return name


class PrometheusSettings(Table):
    url: BaseUrl | None = None
    selector: str = ""
    timeout_seconds: float = Field(default=120, gt=0, le=A_DAY)
    max_steps: int = Field(default=11_000, ge=1)
    max_points: int = Field(default=500_000, ge=1)
    username: UserName | None = None
    password: Secret | None = None
    bearer_token: Token | None = None
    ca_bundle: FilePath | None = None
    labels: Labels = Labels()

    @field_validator("selector")
    @classmethod
    def is_without_braces(cls, selector: str) -> str:
        bare = selector.strip().rstrip(",").rstrip()
        if bare.startswith("{"):
            raise ValueError('is written without braces, as in job="node"')
        return bare

    @model_validator(mode="before")
    @classmethod
    def take_login_from_url(cls, values: Any) -> Any:
        """Move a user name and password in the URL to their keys."""
        url = values.get("url") if isinstance(values, Mapping) else None
        if not isinstance(url, str) or "@" not in url:
            return values
        parts = address_parts(url)
        login, _, place = parts.netloc.rpartition("@")
        username, _, password = login.partition(":")
        return {
            "username": unquote(username),
            "password": unquote(password),
            **values,
            "url": urlunsplit(parts._replace(netloc=place)),
        }

    @model_validator(mode="after")
    def has_one_login(self) -> Self:
        if self.password and not self.username:
            raise ValueError("password is given without username")
        if self.username and self.bearer_token:
            raise ValueError("give username and password, or bearer_token, not both")
        return self


class CarbonIntensitySettings(Table):
    url: BaseUrl | None = None
    timeout_seconds: float = Field(default=30, gt=0, le=A_DAY)
    ca_bundle: FilePath | None = None


class MongoSettings(Table):
    uri: MongoUri | None = None
    database: str | None = None
    timeout_seconds: float = Field(default=30, gt=0, le=A_DAY)

    @model_validator(mode="after")
    def has_database(self) -> Self:
        if self.uri is not None and not self.database:
            raise ValueError("uri is given without database")
        return self


class AiUsageSettings(Table):
    """`providers` is the dbt seed of AI providers; `auth_file` holds their keys."""

    providers: FilePath | None = None
    auth_file: FilePath | None = None
    timeout_seconds: float = Field(default=30, gt=0, le=A_DAY)


class PullSettings(Table):
    """Bounds of a pull: its whole time, and how long it waits for another run."""

    max_seconds: float = Field(default=3000, gt=0, le=365 * A_DAY)
    lock_wait_seconds: float = Field(default=60, ge=0, le=365 * A_DAY)


class StatusSettings(Table):
    """Bounds of freshness."""

    max_lag_hours: float = Field(default=3, gt=0, le=100 * 365 * 24)


class Settings(BaseSettings):
    """All settings; a source without its address is not configured."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    prometheus: PrometheusSettings = PrometheusSettings()
    carbon_intensity: CarbonIntensitySettings = CarbonIntensitySettings()
    mongo: MongoSettings = MongoSettings()
    ai_usage: AiUsageSettings = AiUsageSettings()
    pull: PullSettings = PullSettings()
    status: StatusSettings = StatusSettings()
    pseudonymise_users: bool = False
    pseudonym_key: SecretStr | None = Field(default=None, validate_default=True)

    @field_validator("pseudonym_key")
    @classmethod
    def is_key(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        secret = b"" if key is None else key.get_secret_value().encode()
        if info.data.get("pseudonymise_users") and not secret:
            raise ValueError("is missing, and pseudonymise_users is set")
        if secret and len(secret) < SHORTEST_KEY:
            raise ValueError(f"must have at least {SHORTEST_KEY} bytes")
        return key if secret else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file, whose content is the initial values."""
        return env_settings, init_settings


def database_path() -> Path:
    """The database that loaders and dbt share."""
    return Path(os.environ.get(DATABASE_VARIABLE) or DATABASE_FILE)


def config_path(config: Path | None = None) -> Path:
    return config or Path(os.environ.get(CONFIG_VARIABLE) or CONFIG_FILE)


def read_settings(config: Path | None = None) -> Settings:
    """Settings from `config`, else the file of LOADERS_CONFIG, else `loaders.toml`.

    Only the last may be missing, and only its owner may read one that holds secrets.
    Raises InvalidSettings.
    """
    path = config_path(config)
    is_named = config or os.environ.get(CONFIG_VARIABLE)
    values = _read_file(path) if is_named or path.exists() else {}
    if (exposed := exposed_secrets(path, values)) is not None:
        raise ExposedSecrets(exposed)
    _refuse_unknown_variables()
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = [_explained(detail, path) for detail in error.errors()]
        raise InvalidSettings("; ".join(lines)) from None
    except SettingsError as error:
        raise InvalidSettings(f"environment: {error}") from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettings(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidSettings(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings(f"{path}: is not TOML: {error}") from None


def _refuse_unknown_variables() -> None:
    for variable in os.environ:
        name = variable.upper()
        table = name.removeprefix(PREFIX).partition("__")[0].lower()
        if (
            name.startswith(PREFIX)
            and name != CONFIG_VARIABLE
            and table not in Settings.model_fields
        ):
            known = ", ".join(map(_variable, Settings.model_fields))
            raise InvalidSettings(f"{variable}: unknown variable; known are {known}")


def _variable(key: str) -> str:
    annotation = Settings.model_fields[key].annotation
    is_table = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return f"{PREFIX}{key.upper()}{'__…' if is_table else ''}"


def _explained(detail: ErrorDetails, path: Path) -> str:
    """One problem as a line: where it is written, the key, what is wrong."""
    keys = [str(key) for key in detail["loc"]]
    variable = PREFIX + "__".join(keys).upper()
    is_variable = variable in {name.upper() for name in os.environ}
    file = path if path.exists() else "environment"
    place = variable if is_variable else f"{file}: {'.'.join(keys)}"
    if detail["type"] == "extra_forbidden":
        return f"{place}: unknown key; known are {', '.join(_fields(keys[:-1]))}"
    return f"{place}: {detail['msg'].removeprefix('Value error, ')}"


def _fields(keys: list[str] | tuple[()]) -> list[str]:
    model: type[BaseModel] = Settings
    for key in keys:
        annotation = model.model_fields[key].annotation
        assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
        model = annotation
    return list(model.model_fields)
