"""Whom sources trust: servers of a private CA by its file, no other in silence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner, Result

from loaders.cli import app
from loaders.errors import SourceError
from loaders.logins import unencrypted, unencrypted_mongo
from loaders.settings import CarbonIntensitySettings
from loaders.sources.carbon_intensity import open_carbon_intensity
from loaders.sources.mongo import unverified
from tests.loaders.answering import Reply, answering, self_signed
from tests.servers.faulty import certified, passing_on
from tests.servers.mongo import MongoServer

WARNING = "the server's certificate is not verified: tlsInsecure in mongo.uri"


def test_carbon_intensity_behind_a_private_ca(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with answering(lambda question: Reply(body="{}"), certificate) as url:
        with pytest.raises(SourceError, match=r"self-signed .*\(ca_bundle\)"):
            open_carbon_intensity(CarbonIntensitySettings(url=url)).get("/x")
        settings = CarbonIntensitySettings(url=url, ca_bundle=certificate)
        assert open_carbon_intensity(settings).get("/x") == {}


@contextmanager
def under_tls(mongo: MongoServer, certificate: Path) -> Iterator[str]:
    """The address of the same server, under TLS."""
    port = urlsplit(mongo.uri).port
    assert port is not None
    with passing_on(port, certificate=certificate) as secure:
        yield f"mongodb://127.0.0.1:{secure}/?directConnection=true&tls=true"


@pytest.fixture
def loaders(
    mongo: MongoServer, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """`loaders(uri, *arguments)` runs the command on a database of Mongo."""
    monkeypatch.chdir(database_path.parent.parent)
    monkeypatch.setenv("LOADERS_MONGO__DATABASE", "ada")
    monkeypatch.setenv("LOADERS_MONGO__TIMEOUT_SECONDS", "2")
    one = {"_id": "x", "hostname": "10.0.0.1"}
    mongo.write("ada", workspaces=[one], hosts=[one], users=[one], groups=[one])

    def run(uri: str, *arguments: str) -> Result:
        monkeypatch.setenv("LOADERS_MONGO__URI", uri)
        return CliRunner().invoke(app, [*arguments])

    return run


def test_mongo_behind_a_private_ca(
    mongo: MongoServer, loaders: Callable[..., Result], tmp_path: Path
) -> None:
    certificate = certified(tmp_path, 2)
    with under_tls(mongo, certificate) as uri:
        refused = loaders(uri, "pull", "mongo")
        trusted = loaders(f"{uri}&tlsCAFile={certificate}", "pull", "mongo")
    assert refused.exit_code == 1 and "self-signed" in refused.stderr
    assert trusted.exit_code == 0, trusted.stderr
    assert "not verified" not in refused.output + trusted.output


def test_each_pull_and_check_warn_where_mongo_is_not_verified(
    mongo: MongoServer, loaders: Callable[..., Result], tmp_path: Path
) -> None:
    with under_tls(mongo, certified(tmp_path, 2)) as uri:
        for _ in range(2):
            pulled = loaders(f"{uri}&tlsInsecure=true", "pull", "mongo")
            assert pulled.exit_code == 0
            assert f"WARNING mongo: {WARNING}" in pulled.stderr
            assert WARNING in pulled.stdout
        checked = loaders(f"{uri}&tlsInsecure=true", "check")
        assert f"warn  mongo: {WARNING}: leave that out, and name" in checked.stdout


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("tls=true&TLSINSECURE=True", "tlsInsecure"),
        ("tlsAllowInvalidHostnames=true;w=1", "tlsAllowInvalidHostnames"),
        (
            "tlsAllowInvalidCertificates=true&tlsAllowInvalidHostnames=true",
            "tlsAllowInvalidCertificates, tlsAllowInvalidHostnames",
        ),
        ("tlsInsecure=false&tlsCAFile=ca.pem", None),
        ("tls=false", None),
        ("", None),
    ],
)
def test_options_that_turn_verification_off(options: str, named: str | None) -> None:
    said = unverified(f"mongodb://a:b@c/d?{options}")
    assert said == (
        named and f"the server's certificate is not verified: {named} in mongo.uri"
    )


def test_an_address_by_srv_is_verified_unless_told_otherwise() -> None:
    assert unverified("mongodb+srv://c/d") is None
    assert "tls=false" in (unverified("mongodb+srv://c/d?tls=false") or "")


@pytest.mark.parametrize(
    ("url", "has_login", "is_said"),
    [
        ("http://prometheus.example:9090", True, True),
        ("http://127.0.0.1.example", True, True),
        ("https://prometheus.example", True, False),
        ("http://prometheus.example:9090", False, False),
        ("http://localhost:9090", True, False),
        ("http://[::1]:9090", True, False),
    ],
)
def test_logins_that_others_may_read(url: str, has_login: bool, is_said: bool) -> None:
    said = unencrypted(url, has_login=has_login)
    assert said == ("the login is sent unencrypted" if is_said else None)


@pytest.mark.parametrize("login", ["USERNAME", "BEARER_TOKEN"])
def test_each_pull_warns_of_an_unencrypted_login(
    database_path: Path, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    monkeypatch.setenv("USAGE_DB", str(database_path))
    monkeypatch.setenv("LOADERS_PROMETHEUS__URL", "http://127.0.0.2:1")
    monkeypatch.setenv(f"LOADERS_PROMETHEUS__{login}", "hush")
    monkeypatch.setenv("LOADERS_PULL__MAX_SECONDS", "1")
    pulled = CliRunner().invoke(app, ["pull", "prometheus"])
    assert pulled.exit_code == 1
    assert "WARNING prometheus: the login is sent unencrypted" in pulled.stderr
    assert "hush" not in pulled.output


@pytest.mark.parametrize(
    ("uri", "is_read"),
    [
        ("mongodb://u:p@db.example.org/?authMechanism=PLAIN", True),
        ("mongodb://u:p@127.0.0.1,db.example.org:1/?authmechanism=plain", True),
        ("mongodb://u:p@db.example.org/?authMechanism=PLAIN&tls=false", True),
        ("mongodb+srv://u:p@db.example.org/?authMechanism=PLAIN&ssl=false", True),
        ("mongodb://u:p@db.example.org/?authMechanism=PLAIN&tls=true", False),
        ("mongodb://u:p@db.example.org/?authMechanism=PLAIN&ssl=true", False),
        ("mongodb+srv://u:p@db.example.org/?authMechanism=PLAIN", False),
        ("mongodb://u:p@127.0.0.1:7,[::1]:8/?authMechanism=PLAIN", False),
        ("mongodb://u:p@db.example.org/?authMechanism=SCRAM-SHA-256", False),
        ("mongodb://db.example.org/", False),
    ],
)
def test_a_password_that_anyone_may_read_is_told(uri: str, is_read: bool) -> None:
    said = unencrypted_mongo(uri)
    assert (said is not None) == is_read
    assert said is None or "unencrypted: PLAIN without tls=true in mongo.uri" in said
