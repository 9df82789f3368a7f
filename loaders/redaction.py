"""What must not be kept of a text: e-mail addresses, secrets, names of people."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, quote_plus

from loaders.logins import secrets_in_uri
from loaders.settings import Settings

ADDRESS = "(e-mail)"
SECRET = "(secret)"
CUT_OFF = "(cut off)"
ESCAPED_ALONE = "\"'`\\/"
ESCAPE = re.compile(r"[\\%&]")
MARKS = (ADDRESS, SECRET, CUT_OFF)
SHORTEST_BEGIN = 4

AT = re.compile(
    r"[@\uff20\ufe6b]|\\u(?:0040|ff20|fe6b)|\\x40|%40|&#0*64|&#x0*40|&commat",
    re.IGNORECASE,
)
# what stands between white space, brackets, commas and quotes that are not escaped
WORD = re.compile(r'(?:\\.|[^\s"<>,;()\[\]{}\\]++)++', re.DOTALL)
JSON_TEXT = r"(?:\\.|[^\"\\]++)*+"
JSON_STRING = re.compile(rf'"{JSON_TEXT}("|\\?\Z)', re.DOTALL)
QUOTE = r"\\*[\"'`]|&\#34;|&\#39;|&quot;|&apos;"


def secrets_of(settings: Settings) -> list[str]:
    """Every secret of the settings, logins as a whole and in their parts."""
    prometheus = settings.prometheus
    secrets = []
    if prometheus.password:
        password = prometheus.password.get_secret_value()
        secrets += [password, f"{prometheus.username}:{password}"]
    if prometheus.bearer_token:
        secrets.append(prometheus.bearer_token.get_secret_value())
    if settings.pseudonym_key:
        secrets.append(settings.pseudonym_key.get_secret_value())
    if settings.mongo.uri:
        uri = settings.mongo.uri.get_secret_value()
        secrets += [uri, *secrets_in_uri(uri)]
    return [secret for secret in secrets if secret]


def holds_address(text: str) -> bool:
    """Whether `text` may hold an e-mail address: any at sign, also an escaped one."""
    return AT.search(text) is not None


def without_addresses(text: str) -> str:
    """`text` with each word that holds an at sign replaced; JSON stays JSON."""
    if not holds_address(text):
        return text
    return WORD.sub(
        lambda word: ADDRESS if holds_address(word[0]) else word[0],
        text,
    )


class Redaction:
    """Takes out of a server's answer what must not be kept.

    `secrets` go however they are spelt. Values of `user_label` become what
    `pseudonym` makes of them; without it, or where the label's name is empty, they
    stay. Cut an answer after its redaction: of what was cut before, half an address
    can only be told within JSON.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        user_label: str,
        pseudonym: Callable[[str], str] | None,
    ) -> None:
        spelt = {one for secret in secrets if secret for one in _spellings(secret)}
        self._secrets = sorted(spelt, key=len, reverse=True)
        longest_first = sorted(filter(None, secrets), key=len, reverse=True)
        self._escaped = re.compile("|".join(map(_escaped, longest_first)))
        self._user = _values_of(user_label) if user_label else None
        self._pseudonym = pseudonym

    def of(self, text: str) -> str:
        """`text`, which may be JSON, cut off or of any kind, without all that."""
        kept = self._without_secrets(text)
        if kept.lstrip()[:1] in ("{", "["):
            kept = _without_open_string(kept)
        if self._user is not None and self._pseudonym is not None:
            kept = self._user.sub(self._renamed, kept)
        return without_addresses(kept)

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, SECRET)
        if self._escaped.pattern and ESCAPE.search(text):
            text = self._escaped.sub(SECRET, text)
        for secret in self._secrets:
            for size in range(len(secret) - 1, SHORTEST_BEGIN - 1, -1):
                if text.endswith(secret[:size]):
                    text = text[:-size] + SECRET
        return text

    def _renamed(self, match: re.Match[str]) -> str:
        assert self._pseudonym is not None
        group = match.lastgroup or ""
        said = match[group]
        name = _decoded(said) if group == "json" else said
        if holds_address(name):
            renamed = ADDRESS
        elif not name or name in MARKS or (renamed := self._pseudonym(name)) == name:
            return match[0]
        begin, end = (at - match.start() for at in match.span(group))
        return match[0][:begin] + renamed + match[0][end:]


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it is, in JSON, in a URL and in a Basic login."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    coded = secret.encode(errors="surrogatepass")
    yield quote(coded, safe="")
    yield quote_plus(coded)
    yield b64encode(coded).decode()


def _escaped(secret: str) -> str:
    """Matches a secret of which any characters are escaped as in JSON, URLs or HTML."""
    return "".join(map(_escaped_character, secret))


def _escaped_character(character: str) -> str:
    coded = character.encode("utf-16-be", "surrogatepass").hex()
    units = [coded[at : at + 4] for at in range(0, len(coded), 4)]
    in_json = "".join(rf"\\+u(?i:{unit})" for unit in units)
    octets = character.encode("utf-8", "surrogatepass").hex("%")
    in_html = rf"&\#(?:0*{ord(character)}|[xX]0*(?i:{ord(character):x}));?"
    escape = r"\\*" if character in ESCAPED_ALONE else ""
    spelt = escape + re.escape(character)
    return rf"(?:{spelt}|{in_json}|%(?i:{octets})|{in_html})"


def _values_of(label: str) -> re.Pattern[str]:
    """Matches `label` with its value: in JSON, in PromQL, also within a JSON text."""
    return re.compile(
        rf"""
        (?<![A-Za-z0-9_]){re.escape(label)}
        (?:
            (?:{QUOTE})?\s*(?:=~|!=|!~|[:=])\s*
            (?:
                "(?P<json>{JSON_TEXT})(?:"|\\?\Z)
                | (?P<mark>{QUOTE})(?P<said>.*?)(?:(?P=mark)|\Z)
            )
            | =(?P<bare>[^\s"'`&,;{{}}<>()\\]+)
        )
        """,
        re.DOTALL | re.VERBOSE,
    )


def _decoded(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _without_open_string(text: str) -> str:
    """JSON without the text of a string that its end cuts off."""
    for string in JSON_STRING.finditer(text):
        if string[1] != '"':
            return f'{text[: string.start()]}"{CUT_OFF}'
    return text
