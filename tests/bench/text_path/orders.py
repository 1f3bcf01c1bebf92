"""What the bench asks of the vendor stub, written into the text itself, so that it passes through any proxy."""

import re
from dataclasses import dataclass

TEXT = "Fotosyntesen är en process i vilken växter omvandlar solens ljus till kemisk energi. " * 9
SHAPE = re.compile(rb"\[\[bench ([a-z0-9_=. -]+)\]\]")


@dataclass(frozen=True, slots=True)
class Order:
    """One request: whether it is streamed, and how the stub answers it.

    `first` and `pace` are the seconds before the first and between two of the `chunks`; a pace of 0 floods.
    The stub tells when it saw the connection of a request with a `tag` close.
    """

    stream: bool = False
    chunks: int = 20
    first: float = 0.0
    pace: float = 0.0
    tag: str = ""

    def text(self) -> str:
        """What a person would send, with the order in front."""
        return f"[[bench chunks={self.chunks} first={self.first} pace={self.pace} tag={self.tag or '-'}]] {TEXT}"


def order_in(body: bytes) -> Order:
    """The order that stands in a request's body; without one, an answer at once."""
    found = SHAPE.search(body)
    stream = b'"stream":true' in body or b'"stream": true' in body
    if not found:
        return Order(stream=stream)
    given = dict(part.split("=", 1) for part in found[1].decode().split())
    return Order(
        stream=stream,
        chunks=int(given["chunks"]),
        first=float(given["first"]),
        pace=float(given["pace"]),
        tag=given["tag"].strip("-"),
    )
