"""The vendor's server-sent events, read without a model object per chunk.

Events are split on blank lines, wherever the network cut the bytes. Chunks without a choice or without a delta
(filter results, usage) are part of the protocol. An answer that ends without a reason to finish is broken.
"""

from typing import Any

import orjson

from contracts.errors import ErrorKind, Refusal
from services.textproxy.domain import Progress

EVENT_BYTES_MAX = 1024 * 1024
DATA = b"data:"
DONE = b"[DONE]"
FINISH_REASONS = frozenset({"stop", "length", "content_filter"})
OTHER = "other"


class EventSplitter:
    """Bytes in, the data of complete events out."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that are complete now.

        Raises:
            Refusal: an event without end.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        events: list[bytes] = []
        for line in lines:
            self._take(line.removesuffix(b"\r"), events)
        if self._size + len(self._rest) > EVENT_BYTES_MAX:
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "endless-event")
        return events

    def _take(self, line: bytes, events: list[bytes]) -> None:
        if line.startswith(DATA):
            self._data.append(line[len(DATA) :].removeprefix(b" "))
            self._size += len(line)
        elif not line and self._data:
            events.append(b"\n".join(self._data))
            self._data.clear()
            self._size = 0


class AnswerReader:
    """One streamed answer, read by read."""

    def __init__(self) -> None:
        self._splitter = EventSplitter()
        self._finish_reason: str | None = None
        self._usage: dict[str, int] = {}
        self.done = False

    def read(self, data: bytes) -> str:
        """The text in these bytes, as far as it is complete.

        Raises:
            Refusal: the vendor broke off, or sent what nobody can read.
        """
        return "".join([self._text_of(event) for event in self._splitter.feed(data)])

    def end(self) -> Progress:
        """How it ended.

        Raises:
            Refusal: it did not end, it broke off.
        """
        if self._finish_reason is None:
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "incomplete")
        return finished("", self._finish_reason, self._usage)

    def _text_of(self, event: bytes) -> str:
        if event == DONE:
            self.done = True
            return ""
        chunk = parsed(event)
        if "error" in chunk:
            raise broken_off(chunk["error"])
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        return "".join([self._text_of_choice(choice) for choice in chunk.get("choices") or ()])

    def _text_of_choice(self, choice: dict[str, Any]) -> str:
        if choice.get("finish_reason"):
            self._finish_reason = choice["finish_reason"]
        return (choice.get("delta") or {}).get("content") or ""


def whole_answer(body: bytes) -> Progress:
    """An answer that was not streamed.

    Raises:
        Refusal: it is none.
    """
    answer = parsed(body)
    choices = answer.get("choices") or ()
    if not choices or not choices[0].get("finish_reason"):
        raise Refusal(ErrorKind.UPSTREAM_FAILED, "incomplete")
    text = (choices[0].get("message") or {}).get("content") or ""
    return finished(text, choices[0]["finish_reason"], answer.get("usage") or {})


def finished(text: str, finish_reason: str, usage: dict[str, int]) -> Progress:
    """The last progress; the vendor's word for the end is taken from a list."""
    return Progress(
        text,
        finish_reason if finish_reason in FINISH_REASONS else OTHER,
        int(usage.get("prompt_tokens") or 0),
        int(usage.get("completion_tokens") or 0),
    )


def parsed(data: bytes) -> dict[str, Any]:
    """A JSON object of the vendor.

    Raises:
        Refusal: it is none.
    """
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise Refusal(ErrorKind.UPSTREAM_FAILED, "garbled")
    return content


def broken_off(error: Any) -> Refusal:
    """What an error in mid-stream means."""
    code = error.get("code") if isinstance(error, dict) else None
    if code == "content_filter":
        return Refusal(ErrorKind.CONTENT_FILTERED, "answer")
    return Refusal(ErrorKind.UPSTREAM_FAILED, "broken-off")
