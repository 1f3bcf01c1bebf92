"""The mail that arrived: read from MIME, kept in order, on disk only where a folder is given."""

import contextlib
import json
import re
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

MESSAGES_KEPT = 1_000
LINK = re.compile(r"https?://[^\s<>\"'\])]+")


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    to: str
    subject: str
    text: str
    html: str
    links: list[str]
    at: str


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href and LINK.match(href):
            self.found.append(href)


def read_message(number: int, recipients: list[str], raw: bytes, at: str) -> Message:
    parsed = message_from_bytes(raw, policy=policy.default)
    text, html = _part(parsed, "plain"), _part(parsed, "html")
    return Message(
        id=f"{number:08d}",
        to=", ".join(recipients),
        subject=str(parsed.get("subject", "")),
        text=text,
        html=html,
        links=links_in(text, html),
        at=at,
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())


def links_in(text: str, html: str) -> list[str]:
    """Each link once, in order of appearance: those of the text before those of the HTML."""
    anchors = _Links()
    anchors.feed(html)
    return list(dict.fromkeys([link.rstrip(".,;:!?") for link in LINK.findall(text)] + anchors.found))


class Messages:
    def __init__(self, data: Path | None) -> None:
        self._folder = None if data is None else data / "mail"
        self._kept: list[Message] = []
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._kept = [_load(file) for file in sorted(self._folder.glob("*.json"))]
        self._next = int(self._kept[-1].id) + 1 if self._kept else 1

    def add(self, recipients: list[str], raw: bytes, at: str) -> Message:
        message = read_message(self._next, recipients, raw, at)
        self._next += 1
        if self._folder is not None:
            _store(self._folder / f"{message.id}.json", message)
        self._kept.append(message)
        while len(self._kept) > MESSAGES_KEPT:
            self._drop(self._kept.pop(0))
        return message

    def all(self) -> list[Message]:
        return list(self._kept)

    def find(self, wanted: str) -> Message | None:
        return next((message for message in self._kept if message.id == wanted), None)

    def clear(self) -> None:
        for message in self._kept:
            self._drop(message)
        self._kept.clear()

    def _drop(self, message: Message) -> None:
        if self._folder is not None:
            with contextlib.suppress(FileNotFoundError):
                (self._folder / f"{message.id}.json").unlink()


def _store(file: Path, message: Message) -> None:
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(asdict(message), ensure_ascii=False))
    unfinished.replace(file)


def _load(file: Path) -> Message:
    return Message(**json.loads(file.read_text()))
