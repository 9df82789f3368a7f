"""Addresses and logins as the settings take them: what can be asked and sent."""

import re
from typing import Annotated
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, SecretStr

# half of a surrogate pair is what bytes that are no UTF-8 become
UNSENDABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
NOT_SENT = "a line end, a control character or bytes that are no UTF-8"
TOKEN = re.compile(r"[!-~]*")
LOGIN = re.compile(r"[^/]*//[^/@:]*:([^/@]*)@")
# of a mongodb:// URI, also within authMechanismProperties=NAME:value,NAME:value
SECRET_OPTION = re.compile(
    r"[?&;,=]\w*(?:password|token|secret)\w*(?:=|:|%3A)([^&;,]+)", re.IGNORECASE
)
# the place of a mongodb:// URI, and its path; all that follows where there is none
PLACE = re.compile(r"[^/]*//(?P<place>[^/?#]*)(?P<path>/[^?#]*|[?#].*)?", re.DOTALL)
PORT = re.compile(r":\d*\Z")
NO_ADDRESS = "must be an address such as https://host:9090"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def secrets_in_uri(uri: str) -> list[str]:
    """The password and the secret options of a URI, as it spells them and decoded."""
    login = LOGIN.match(uri)
    spelt = [*([login[1]] if login else []), *SECRET_OPTION.findall(uri)]
    return [one for secret in spelt for one in (secret, unquote(secret)) if one]


def address_parts(url: str) -> SplitResult:
    """The parts of an address; raises ValueError, which quotes none of them."""
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError(NO_ADDRESS) from None


def unencrypted(url: str, *, has_login: bool) -> str | None:
    """A line on a login that anyone on the way to the server may read."""
    parts = urlsplit(url)
    is_read = has_login and parts.scheme == "http" and parts.hostname not in LOOPBACK
    return "the login is sent unencrypted" if is_read else None


def unencrypted_mongo(uri: str) -> str | None:
    """The same of a mongodb:// URI; but for PLAIN no password is sent as it is."""
    options = {
        name.lower(): value.lower()
        for name, value in parse_qsl(uri.partition("?")[2].replace(";", "&"))
    }
    usual = str(uri.startswith("mongodb+srv://")).lower()
    has_tls = options.get("tls", options.get("ssl", usual)) == "true"
    place = PLACE.match(uri)
    hosts = place["place"].rpartition("@")[2].split(",") if place else []
    is_near = all(PORT.sub("", host).strip("[]") in LOOPBACK for host in hosts)
    if options.get("authmechanism") != "plain" or has_tls or is_near:
        return None
    return "the login is sent unencrypted: PLAIN without tls=true in mongo.uri"


def _user_name(name: str) -> str:
    if ":" in name or UNSENDABLE.search(name):
        raise ValueError(f"holds a colon, {NOT_SENT}")
    return name


def _without_line_end(secret: SecretStr) -> SecretStr:
    """A secret that is read from a file often ends in a line end."""
    text = secret.get_secret_value().rstrip("\r\n")
    if UNSENDABLE.search(text):
        raise ValueError(f"holds {NOT_SENT}")
    return SecretStr(text)


def _token(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if not TOKEN.fullmatch(text):
        raise ValueError("holds a blank, a control or a non-ASCII character")
    return SecretStr(text)


def _base_url(url: str) -> str | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port, (parts.hostname or "").encode("idna")
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ValueError(NO_ADDRESS)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be an address without login, ? or #")
    return url.rstrip("/")


def _mongo_uri(uri: SecretStr) -> SecretStr | None:
    text = uri.get_secret_value()
    if not text:
        return None
    if not text.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("must start with mongodb:// or mongodb+srv://")
    found = PLACE.match(text)
    # else the driver takes, and quotes, a part of the password for the place
    if found and (found["place"].count("@") > 1 or "@" in (found["path"] or "")):
        raise ValueError("percent-encode @ / ? # of the password: %40 %2F %3F %23")
    return uri


BaseUrl = Annotated[str, AfterValidator(_base_url)]
UserName = Annotated[str, AfterValidator(_user_name)]
Secret = Annotated[SecretStr, AfterValidator(_without_line_end)]
Token = Annotated[SecretStr, AfterValidator(_token)]
MongoUri = Annotated[
    SecretStr, AfterValidator(_without_line_end), AfterValidator(_mongo_uri)
]
