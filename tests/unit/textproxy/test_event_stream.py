"""The vendor's events, however the network cuts them."""

import itertools

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ErrorKind, Refusal
from services.textproxy.adapters.event_stream import AnswerReader, whole_answer


def chunk(text: str | None = None, **choice: object) -> bytes:
    delta = {} if text is None else {"delta": {"content": text}}
    return b"data: " + orjson.dumps({"choices": [{"index": 0, **delta, **choice}]}) + b"\n\n"


OPENING = b'data: {"choices":[],"prompt_filter_results":[{"prompt_index":0}]}\n\n'
ANNOTATION = b'data: {"choices":[{"content_filter_offsets":{"check_offset":4}}]}\n\n'
NULL_DELTA = b'data: {"choices":[{"delta":null}]}\n\n'
STOP = chunk("", finish_reason="stop")
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5}}\n\n'
DONE = b"data: [DONE]\n\n"
ANSWER = OPENING + chunk("Åsa ") + ANNOTATION + NULL_DELTA + chunk("åt 🍏") + STOP + USAGE + DONE


def read_in(pieces: list[bytes]) -> tuple[str, AnswerReader]:
    reader = AnswerReader()
    return "".join(reader.read(piece) for piece in pieces), reader


@given(st.lists(st.integers(min_value=0, max_value=len(ANSWER)), max_size=12))
def test_any_cut_gives_the_same_answer(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    text, reader = read_in([ANSWER[start:end] for start, end in itertools.pairwise(edges)])
    end = reader.end()
    assert text == "Åsa åt 🍏"
    assert reader.done
    assert (end.finish_reason, end.prompt_tokens, end.completion_tokens) == ("stop", 7, 5)


def test_other_line_ends_comments_and_several_data_lines_are_read() -> None:
    data = b': ping\r\nevent: x\r\ndata: {"choices":\r\ndata: [{"delta":{"content":"hej"}}]}\r\n\r\n'
    assert read_in([data])[0] == "hej"


def test_an_end_without_a_reason_is_an_error() -> None:
    _, reader = read_in([chunk("Hej")])
    with pytest.raises(Refusal) as caught:
        reader.end()
    assert (caught.value.kind, caught.value.reason) == (ErrorKind.UPSTREAM_FAILED, "incomplete")


def test_an_event_that_was_cut_off_does_not_count() -> None:
    _, reader = read_in([chunk("Hej"), STOP.rstrip(b"\n")])
    with pytest.raises(Refusal):
        reader.end()


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (b'data: {"error":{"code":"InternalServerError"}}\n\n', ErrorKind.UPSTREAM_FAILED, "broken-off"),
        (b'data: {"error":{"code":"content_filter"}}\n\n', ErrorKind.CONTENT_FILTERED, "answer"),
        (b'data: {"error":"words"}\n\n', ErrorKind.UPSTREAM_FAILED, "broken-off"),
        (b"data: <html>\n\n", ErrorKind.UPSTREAM_FAILED, "garbled"),
        (b"data: []\n\n", ErrorKind.UPSTREAM_FAILED, "garbled"),
        (b"data: " + b"x" * 1_100_000, ErrorKind.UPSTREAM_FAILED, "endless-event"),
        (b"data: x\n" * 200_000, ErrorKind.UPSTREAM_FAILED, "endless-event"),
    ],
)
def test_what_the_vendor_breaks_is_a_refusal(data: bytes, kind: ErrorKind, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_in([data])
    assert (caught.value.kind, caught.value.reason) == (kind, reason)


def test_an_unknown_reason_to_finish_is_not_passed_on() -> None:
    _, reader = read_in([chunk("", finish_reason="anna@skola.example")])
    assert reader.end().finish_reason == "other"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"choices":[]}', b'{"choices":[{"message":{"content":"x"}}]}'])
def test_a_whole_answer_without_an_end_is_an_error(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        whole_answer(body)
    assert caught.value.kind is ErrorKind.UPSTREAM_FAILED
