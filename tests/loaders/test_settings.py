"""Settings from the file and the environment, and what is wrong with them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.settings import InvalidSettings, database_path, read_settings

ROOT = Path(__file__).parents[2]
PSEUDONYMS = {"pseudonymise_users", "pseudonym_key"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder, its files its owner's alone, no variables of ours."""
    for variable in os.environ:
        if variable.startswith("LOADERS_") or variable == "USAGE_DB":
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    umask = os.umask(0o077)
    yield tmp_path
    os.umask(umask)


def problem(text: str) -> str:
    """What is said of a loaders.toml."""
    Path("loaders.toml").write_text(text)
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    return str(caught.value)


def test_nothing_is_configured_without_file_and_variables() -> None:
    settings = read_settings()
    assert settings.prometheus.url is None
    assert settings.carbon_intensity.url is None
    assert settings.mongo.uri is None


def test_the_example_works_as_it_is() -> None:
    Path("loaders.toml").write_bytes((ROOT / "loaders.example.toml").read_bytes())
    settings = read_settings()
    assert settings.prometheus.url == "http://127.0.0.1:9090"
    assert settings.carbon_intensity.url == "https://api.carbonintensity.org.uk"
    assert settings.mongo.uri is None


def test_the_example_shows_every_key_with_its_default() -> None:
    text = (ROOT / "loaders.example.toml").read_text()
    uncommented = text.replace("# username", "username").replace("# uri", "uri")
    uncommented = uncommented.replace("# password", "password")
    uncommented = uncommented.replace("# database", "database")
    for file in ("providers", "auth_file"):
        uncommented = uncommented.replace(f"# {file}", file)
    Path("seeds").mkdir()
    for file in ("seeds/ai_providers.csv", "auth.json"):
        Path(file).touch()
    Path("loaders.toml").write_text(uncommented)
    settings = read_settings()
    Path("loaders.toml").unlink()
    defaults = read_settings()
    given = {"url", "username", "password", "uri", "database"}
    given |= {"providers", "auth_file"}
    assert "# pseudonym_key = " in text and settings.pseudonym_key is None
    assert not settings.pseudonymise_users and not defaults.pseudonymise_users
    for name in type(settings).model_fields.keys() - PSEUDONYMS:
        table, default = getattr(settings, name), getattr(defaults, name)
        unset = type(table).model_fields.keys() - table.model_fields_set
        assert unset <= {"bearer_token", "ca_bundle"}
        assert table.model_dump(exclude=given) == default.model_dump(exclude=given)
    for key in ("bearer_token", "ca_bundle"):
        assert f"# {key} = " in text


def test_a_variable_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("loaders.toml").write_text(
        '[prometheus]\nurl = "http://file:9090"\nselector = "a=\'b\'"\n'
        '[prometheus.labels]\nhost = "node"\n'
    )
    monkeypatch.setenv("LOADERS_PROMETHEUS__URL", "http://variable:9090/path/")
    monkeypatch.setenv("LOADERS_PROMETHEUS__LABELS__USER", "owner")
    prometheus = read_settings().prometheus
    assert prometheus.url == "http://variable:9090/path"
    assert prometheus.selector == "a='b'"
    assert (prometheus.labels.host, prometheus.labels.user) == ("node", "owner")


def test_the_file_is_named_by_option_then_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("option", "variable", "loaders"):
        text = f'[prometheus]\nurl = "http://{name}"\n'
        Path(f"{name}.toml").write_text(text)
    assert read_settings().prometheus.url == "http://loaders"
    monkeypatch.setenv("LOADERS_CONFIG", "variable.toml")
    assert read_settings().prometheus.url == "http://variable"
    assert read_settings(Path("option.toml")).prometheus.url == "http://option"
    with pytest.raises(InvalidSettings, match=r"^absent\.toml: No such file"):
        read_settings(Path("absent.toml"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[prometheus]\nurll = 1", "loaders.toml: prometheus.urll: unknown key; known"),
        ("[prometheuss]\nurl = 1", "loaders.toml: prometheuss: unknown key; known are"),
        (
            "pseudonymise_users = true",
            "loaders.toml: pseudonym_key: is missing, and pseudonymise_users is set",
        ),
        (
            "pseudonym_key = 'é12345678901x'",
            "loaders.toml: pseudonym_key: must have at least 16 bytes",
        ),
        (
            "[prometheus.labels]\nx = 1",
            "loaders.toml: prometheus.labels.x: unknown key",
        ),
        ('[prometheus]\nurl = "host:9090"', "loaders.toml: prometheus.url: must be an"),
        (
            '[prometheus]\nurl = "http://h:x"',
            "loaders.toml: prometheus.url: must be an",
        ),
        ("[prometheus]\nmax_steps = 0", "loaders.toml: prometheus.max_steps: Input sh"),
        (
            "[mongo]\ntimeout_seconds = 'x'",
            "loaders.toml: mongo.timeout_seconds: Input",
        ),
        (
            "[prometheus]\nselector = '{a}'",
            "loaders.toml: prometheus.selector: is writ",
        ),
        (
            "[prometheus]\nca_bundle = 'no'",
            "loaders.toml: prometheus.ca_bundle: Path d",
        ),
        (
            "[prometheus]\npassword = 'x'",
            "loaders.toml: prometheus: password is given w",
        ),
        (
            "[prometheus.labels]\nhost = ''",
            "loaders.toml: prometheus.labels.host: must",
        ),
        (
            "[prometheus.labels]\nhost = '-'",
            "loaders.toml: prometheus.labels.host: is n",
        ),
        (
            "[mongo]\nuri = 'mongodb://h'",
            "loaders.toml: mongo: uri is given without dat",
        ),
        ("prometheus = 1", "loaders.toml: prometheus: Input should be a valid"),
        ("url =", "loaders.toml: is not TOML: "),
    ],
)
def test_a_problem_is_one_line_that_names_the_key(text: str, expected: str) -> None:
    said = problem(text)
    assert said.startswith(expected)
    assert "\n" not in said


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("LOADERS_PROMETHEUS__URLL", "x")
        with pytest.raises(
            InvalidSettings, match=r"^LOADERS_PROMETHEUS__URLL: unknown"
        ):
            read_settings()
    with monkeypatch.context() as patch:
        patch.setenv("LOADERS_PROMETHEUSS__URL", "x")
        with pytest.raises(
            InvalidSettings, match=r"^LOADERS_PROMETHEUSS__URL: unknown"
        ):
            read_settings()
    monkeypatch.setenv("LOADERS_MONGO__TIMEOUT_SECONDS", "soon")
    with pytest.raises(
        InvalidSettings, match=r"^LOADERS_MONGO__TIMEOUT_SECONDS: Input"
    ):
        read_settings()


SECRETS = {
    "prometheus.password": '[prometheus]\nusername = "me"\npassword = "hush"',
    "prometheus.bearer_token": '[prometheus]\nbearer_token = "hush"',
    "prometheus.url": '[prometheus]\nurl = "https://me:hush@host:9090"',
    "mongo.uri": '[mongo]\nuri = "mongodb://me:hush@host"\ndatabase = "ada"',
    "option of mongo.uri": (
        '[mongo]\nuri = "mongodb://host/?tlsCertificateKeyFilePassword=hush"\n'
        'database = "ada"'
    ),
    "property in mongo.uri": (
        '[mongo]\nuri = "mongodb://host/?authMechanismProperties='
        'SERVICE_NAME:x,AWS_SESSION_TOKEN:hush"\ndatabase = "ada"'
    ),
    "pseudonym_key": 'pseudonym_key = "hush, hush, hush, hush"',
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS.keys())
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_secrets_in_a_file_that_others_may_read_are_refused(
    text: str, mode: int
) -> None:
    file = Path("loaders.toml")
    file.write_text(text)
    read_settings()
    file.chmod(mode)
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    assert str(caught.value) == (
        f"loaders.toml: has mode {mode:04o}, so others may read the secrets in it:"
        " chmod 600 loaders.toml, or give them by the environment"
    )


def test_a_file_without_secrets_may_be_read_by_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = Path("loaders.toml")
    file.write_text(
        '[prometheus]\nurl = "http://host:9090"\nselector = "a=~\'b@c\'"\n'
        'bearer_token = ""\n'
        '[mongo]\nuri = "mongodb://host/?tlsCAFile=ca.pem"\ndatabase = "ada"\n'
    )
    file.chmod(0o644)
    monkeypatch.setenv("LOADERS_PROMETHEUS__BEARER_TOKEN", "hush")
    assert read_settings().prometheus.bearer_token is not None


@pytest.mark.parametrize(
    "key",
    [
        "status.max_lag_hours",
        "pull.max_seconds",
        "pull.lock_wait_seconds",
        "prometheus.timeout_seconds",
        "carbon_intensity.timeout_seconds",
        "mongo.timeout_seconds",
    ],
)
@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "1e12", "1e308"])
def test_a_bound_is_a_number(key: str, value: str) -> None:
    table, _, name = key.partition(".")
    assert problem(f"[{table}]\n{name} = {value}").startswith(f"loaders.toml: {key}: ")


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("loaders.toml").write_text(
        '[prometheus]\nurl = "https://me:hush%40@host:9090/"\n'
        '[mongo]\nuri = "mongodb://me:hush@host"\ndatabase = "ada"\n'
    )
    settings = read_settings()
    assert settings.prometheus.url == "https://host:9090"
    assert settings.prometheus.username == "me"
    assert settings.prometheus.password is not None
    assert settings.prometheus.password.get_secret_value() == "hush@"
    assert "hush" not in repr(settings) and "***" in repr(settings)
    monkeypatch.setenv("LOADERS_PROMETHEUS__BEARER_TOKEN", "hush")
    for text in (
        '[prometheus]\nurl = "https://me:hush@host:9090/"',
        '[prometheus]\nurl = "me:hush@host:9090/"',
        '[carbon_intensity]\nurl = "https://me:hush@host"',
        '[mongo]\nuri = "me:hush@host"\ndatabase = "ada"',
    ):
        assert "hush" not in problem(text)


def test_loaders_and_dbt_share_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    assert database_path() == Path("data/usage.db")
    monkeypatch.setenv("USAGE_DB", "/tmp/other.db")
    assert database_path() == Path("/tmp/other.db")
