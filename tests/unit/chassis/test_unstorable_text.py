"""One rule for every text that enters: what a database cannot keep is refused by the name of its member."""

from typing import Any

import pytest

from chassis.bus.codec import parse
from contracts.errors import ErrorKind, Refusal
from contracts.messages import Request

NESTED = b'{"text": "a", "more": {"list": ["b", "c\\u0000d"]}}'


class Note(Request):
    text: str
    more: dict[str, Any] = {}
    id: str = ""


def refused(body: bytes, parameters: dict[str, str] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as refusal:
        parse(Note, parameters or {}, body)
    assert refusal.value.kind is ErrorKind.INVALID
    return [(error["field"], error["code"]) for error in refusal.value.members["errors"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"text": "a\\u0000b"}', "text"),
        (b'{"text": "\\ud800"}', "text"),
        (b'{"text": "\\uDC00\\ud83d"}', "text"),
        (b'{"text": "half \\ud83d and more"}', "text"),
        (NESTED, "more.list.1"),
        (b'{"text": "a", "more": {"\\u0000": "b"}}', "more.\ufffd"),
        (b'{"text": "a\\u0000", "more": {"number": ' + b"9" * 5000 + b"}}", "text"),
    ],
)
def test_text_that_cannot_be_stored_is_refused_by_name(body: bytes, field: str) -> None:
    assert refused(body) == [(field, "unstorable_character")]


def test_the_parameters_of_a_path_follow_the_same_rule() -> None:
    assert refused(b'{"text": "a"}', {"id": "a\x00"}) == [("id", "unstorable_character")]
    assert refused(b'{"text": "\\ud800"}', {"id": "a"}) == [("text", "unstorable_character")]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"text": "\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"text": "\\\\u0000 and \\\\ud800"}', "\\u0000 and \\ud800"),
        (b'{"text": "\\u0001\\ufffe\\u200b\\u202e"}', "\x01\ufffe\u200b\u202e"),
    ],
)
def test_whatever_can_be_stored_passes_unchanged(body: bytes, text: str) -> None:
    assert parse(Note, {}, body).text == text


@pytest.mark.parametrize("body", [b'{"text": "a\\u0000b"}', b'{"text": "a\\u0000b", "more": {"c": "\\u0000"}}'])
def test_what_is_never_stored_may_hold_what_a_database_cannot(body: bytes) -> None:
    assert parse(Note, {}, body, stored=False).text == "a\x00b"


def test_half_a_character_is_refused_by_name_wherever_it_goes() -> None:
    with pytest.raises(Refusal) as refusal:
        parse(Note, {}, b'{"text": "\\ud800"}', stored=False)
    assert refusal.value.members["errors"][0]["field"] == "text"


@pytest.mark.parametrize(
    "body", [b'{"text": "\\ud800', b"[" * 5000 + b'"\\u0000"', b'{"text": "a\x00"}', b'{"text": "\xed\xa0\x80"}']
)
def test_what_is_no_json_stays_malformed(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        parse(Note, {}, body)
    assert refusal.value.kind is ErrorKind.MALFORMED
