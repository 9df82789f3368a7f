import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.redaction import (
    ADDRESS,
    CUT_OFF,
    MARKS,
    SECRET,
    Redaction,
    holds_address,
    secrets_of,
)
from loaders.settings import Settings

LONG = 1_000_000
REDACTION = Redaction([], "user", lambda name: f"user-{len(name)}")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ask ann.lee@example.org, please", f"ask {ADDRESS}, please"),
        ('{"to": "o\'brien+x@example.org"}', f'{{"to": "{ADDRESS}"}}'),
        (r'{"to": "ann\u0040example.org"}', f'{{"to": "{ADDRESS}"}}'),
        (r'"say \"ann@example.org\" twice"', f'"say {ADDRESS} twice"'),
        ("<a href='mailto:ann@example.org'>Ann</a>", f"<a {ADDRESS}>Ann</a>"),
        ("<p>ann&#64;example.org</p>", f"<p>{ADDRESS};example.org</p>"),
        ("GET /?to=ann%40example.org HTTP", f"GET {ADDRESS} HTTP"),
        ("ünïcødé\uff20例え.jp", ADDRESS),
        ("@", ADDRESS),
        ("no address: 12:30, a/b", "no address: 12:30, a/b"),
    ],
)
def test_addresses_go_from_any_kind_of_text(text: str, kept: str) -> None:
    assert Redaction([], "", None).of(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"metric": {"user": "ann"}}', '{"metric": {"user": "user-3"}}'),
        (r'{"user" : "\u0061nn"}', '{"user" : "user-3"}'),
        (r'{"user": "a\"n\"n"}', '{"user": "user-5"}'),
        ('{"user": "ann@example.org"}', f'{{"user": "{ADDRESS}"}}'),
        ('{"user": ""}', '{"user": ""}'),
        ('{"other_user": "ann"}', '{"other_user": "ann"}'),
        (r'{"error": "{user=\"ann\"}"}', r'{"error": "{user=\"user-3\"}"}'),
        (r'{"error": "{\"user\":\"ann\"}"}', r'{"error": "{\"user\":\"user-3\"}"}'),
        ("<p>{user=&#34;ann&#34;}</p>", "<p>{user=&#34;user-3&#34;}</p>"),
        ("user='ann'", "user='user-3'"),
        ("no host for user=ann, sorry", "no host for user=user-3, sorry"),
        ("the user: gone", "the user: gone"),
    ],
)
def test_values_of_the_user_label_become_pseudonyms(text: str, kept: str) -> None:
    assert REDACTION.of(text) == kept


def test_without_a_pseudonym_or_a_label_names_stay() -> None:
    text = '{"user": "ann", "": "bob"}'
    assert Redaction([], "user", None).of(text) == text
    assert Redaction([], "", str.upper).of(text) == text
    assert Redaction([], "user", str).of(text) == text


def test_the_user_labels_name_is_no_pattern() -> None:
    assert Redaction([], "us.r", str.upper).of('"user": "ann"') == '"user": "ann"'


@pytest.mark.parametrize("size", range(8, 20))
def test_a_string_cut_off_by_the_end_of_json_goes(size: int) -> None:
    kept = REDACTION.of('{"user": "ann.lee@example.org"}'[:size])
    assert "ann" not in kept and "a" not in kept.removesuffix(f'"{CUT_OFF}')


def test_a_name_that_was_cut_off_is_no_name() -> None:
    assert REDACTION.of('[{"user": "an') == f'[{{"user": "{CUT_OFF}'


def test_a_secret_goes_from_a_url() -> None:
    redaction = Redaction(["open sésame/"], "", None)
    for spelt in ("open%20s%C3%A9same%2F", "open+s%C3%A9same%2F"):
        assert redaction.of(f"GET /?key={spelt}&x=1") == f"GET /?key={SECRET}&x=1"


@pytest.mark.parametrize("secret", ["hunter2/+", 'pass"word\\', "p@ss wörd", "x"])
def test_secrets_go_in_every_spelling(secret: str) -> None:
    redaction = Redaction([secret], "", None)
    for text in (
        f"no login with {secret}!",
        json.dumps({"error": f"wrong: {secret}"}),
        json.dumps({"error": f"wrong: {secret}"}, ensure_ascii=False),
    ):
        assert secret not in redaction.of(text)


@pytest.mark.parametrize(
    "spelt",
    [
        r"ab\/cd+ef\/01\n",
        r"ab\\/cd+ef\\/01\n",
        r"ab/cd\u002Bef\u002f01",
        r"ab\u002fcd\u002bef/01",
        "ab%2fcd%2bef%2F01",
        "ab&#47;cd&#x2B;ef&#x2f01",
    ],
)
def test_secrets_go_however_other_programs_escape_them(spelt: str) -> None:
    for text in (f'{{"error": "no key {spelt} here"}}', f"no key {spelt} here"):
        kept = Redaction(["ab/cd+ef/01"], "", None).of(text)
        assert SECRET in kept and "cd" not in kept and "ef" not in kept


@given(
    st.text(
        st.characters(
            exclude_categories=("Ll", "Ps", "Pe", "Pd", "Zs", "Nd"),
            exclude_characters='",\\',
        )
    ),
    st.randoms(use_true_random=False),
)
def test_no_decoded_json_holds_a_secret(secret: str, dice: Random) -> None:
    escaped = "".join(
        "".join(f"\\u{unit:04x}" for unit in _units(one)) for one in secret
    )
    text = json.dumps(f"a {secret} b") if dice.random() < 0.5 else f'"a {escaped} b"'
    kept = Redaction([secret], "", None).of(f"[{text}]")
    assert not secret or secret not in json.loads(kept)[0]


def _units(character: str) -> list[int]:
    coded = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(coded[at : at + 2]) for at in range(0, len(coded), 2)]


def test_the_begin_of_a_secret_at_the_end_of_a_text_goes() -> None:
    assert Redaction(["hunter2secret"], "", None).of("with hunter2") == f"with {SECRET}"


def test_secrets_of_settings_are_known_whole_and_in_parts() -> None:
    settings = Settings.model_validate(
        {
            "pseudonym_key": "sixteen bytes or more",
            "prometheus": {"username": "ada", "password": "hunter2"},
            "mongo": {
                "uri": "mongodb://ada:s%3Ecret@db/?proxyPassword=p%3Ey&x=open",
                "database": "ada",
            },
        }
    )
    text = (
        "Basic YWRhOmh1bnRlcjI= hunter2 s%3Ecret s>cret p%3Ey p>y open"
        " mongodb://ada:s%3Ecret@db"
    )
    kept = Redaction(secrets_of(settings), "", None).of(text)
    assert "sixteen bytes or more" in secrets_of(settings)
    assert kept == (
        f"Basic {' '.join([SECRET] * 6)} open mongodb://ada:{SECRET}{ADDRESS}"
    )


@given(st.text(max_size=60).filter(lambda name: name not in MARKS))
def test_a_name_in_complete_json_is_replaced_and_it_stays_json(name: str) -> None:
    body = {"data": [{"metric": {"user": name, "job": "node"}, "values": [[1, "2"]]}]}
    renamed = (
        "" if not name else ADDRESS if holds_address(name) else f"user-{len(name)}"
    )
    expected = {**body, "data": [{**body["data"][0], "metric": {}}]}
    expected["data"][0]["metric"] = {"user": renamed, "job": "node"}
    for text in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
        assert json.loads(REDACTION.of(text)) == expected


@given(st.text(), st.text(max_size=8), st.text(max_size=12))
def test_any_text_is_redacted(text: str, label: str, secret: str) -> None:
    kept = Redaction([secret], label, str.upper).of(text)
    assert "@" not in kept


@given(st.text(alphabet='{}[]"\\@us er:=an,&#34;'))
def test_whatever_the_marks_no_address_is_left(text: str) -> None:
    assert "@" not in REDACTION.of(text)


@pytest.mark.parametrize(
    "text", ["a" * LONG, "@" * LONG, '\\"' * LONG, '"user":"' * 100_000, '{"' * LONG]
)
def test_a_long_text_is_redacted_in_seconds(text: str) -> None:
    assert "@" not in REDACTION.of(text)
