"""`python -m ops witness URL`: watches the receipt log from outside: that it is signed, and that it only grows.

Run it now and then, for instance daily; what it saw stands in the state file, and is compared at the next run. Whoever
rewrites the log, or shows different people different logs, is found out by the first witness that has seen the other.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from kernel.certificate import FILE_BYTES_MAX, CertificateRefused, read
from kernel.key_history import LoggedKey, history_of
from kernel.log_head import Head
from kernel.log_watch import GrowthProof, LogRefused, Seen, check_beginning, check_growth, check_seen, read_seen
from kernel.shapes import Count, Hash, Part
from ops.verify_certificate import Parser, log_key, taken

ANSWER_BYTES_MAX = 4 * 1024 * 1024
STATE_BYTES_MAX = 4 * 1024 * 1024
QUIET_SECONDS = 10.0
ANSWER_SECONDS = 60.0
LOOKS = 3


class NotAnswered(Exception):
    """The log was not asked, or did not answer: nothing was learnt. The text says why."""


class Keys(Part):
    """The answer about keys."""

    log_key: Hash
    tree_size: Count
    keys: list[LoggedKey]


class Log:
    """The public addresses of one receipt log."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url.rstrip("/")
        self._client = client

    def look(self) -> Seen:
        """The head and the keys up to it.

        Raises:
            NotAnswered: no answer, or one of another shape.
        """
        for _ in range(LOOKS):
            head = Head.model_validate_json(self._get("/api/privacy/log"))
            keys = Keys.model_validate_json(self._get("/api/privacy/log/keys"))
            if keys.tree_size == head.tree_size:
                return Seen(head=head, keys=keys.keys)
        raise NotAnswered(f"head and keys were of different sizes, {LOOKS} times")

    def growth(self, first: int, second: int) -> list[str]:
        """The consistency proof between two sizes.

        Raises:
            NotAnswered: no answer, or one of another shape.
        """
        answer = self._get(f"/api/privacy/log/consistency?first={first}&second={second}")
        return GrowthProof.model_validate_json(answer).proof

    def _get(self, path: str) -> bytes:
        deadline = time.monotonic() + ANSWER_SECONDS
        content = b""
        with self._client.stream("GET", f"{self._url}{path}", headers={"Accept": "application/json"}) as answer:
            if answer.status_code != httpx.codes.OK:
                raise NotAnswered(f"{path.partition('?')[0]} was answered with the status {answer.status_code}")
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES_MAX or time.monotonic() > deadline:
                    raise NotAnswered(f"the answer is over {ANSWER_BYTES_MAX} bytes or {ANSWER_SECONDS:.0f} s long")
        return content


def main(arguments: list[str]) -> int:
    """Print every check that was made; 0 if all of them hold, 1 otherwise."""
    parser = Parser(prog="python -m ops witness", description=__doc__)
    parser.add_argument("url", type=address, metavar="URL", help="the platform, such as https://larabot.example")
    parser.add_argument(
        "--state", type=Path, default=Path("larabot-witness.json"), metavar="FILE", help="what was seen the last time"
    )
    parser.add_argument("--trust", type=log_key, metavar="KEY", help="a key of the log, known from elsewhere")
    parser.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="a certificate whose log must be the beginning of the public one",
    )
    asked = parser.parse_args(arguments)
    try:
        before = kept(asked.state)
        with httpx.Client(timeout=QUIET_SECONDS, follow_redirects=False) as client:
            log = Log(asked.url, client)
            now = watch(log, before, asked.trust)
            keep(asked.state, now)
            if asked.certificate:
                find(read(taken(asked.certificate, FILE_BYTES_MAX))[0].log, log, now)
    except LogRefused as refused:
        print(f"  ✗ {refused}\nTHE LOG DOES NOT HOLD. Keep {asked.state}: it is the evidence.", file=sys.stderr)
        return 1
    except (NotAnswered, httpx.HTTPError, ValidationError) as failed:
        print(f"  ✗ {reason(failed)}\nNothing was learnt about the log.", file=sys.stderr)
        return 1
    except (OSError, CertificateRefused) as error:
        print(f"  ✗ {error}\nA file could not be read or written.", file=sys.stderr)
        return 1
    print(f"The log holds; what was seen is kept in {asked.state}.")
    return 0


def watch(log: Log, before: Seen | None, trusted: str | None) -> Seen:
    """Look, and compare with the look before.

    Raises:
        LogRefused: a check did not hold.
        NotAnswered: the log could not be asked.
    """
    now = log.look()
    if trusted is None and before is None:
        say("NOBODY VOUCHES for the log's key: this is the first look, and no key was given with --trust.")
    for words in check_seen(now):
        say(words)
    if trusted is not None:
        if trusted not in history_of(now.keys).log_keys:
            raise LogRefused("the key that was given with --trust is none of the log's keys")
        say("The key that was given with --trust is one of the log's keys.")
    if before is None:
        say("NOT CHECKED: whether it only grows. There was no earlier look; the next one is compared with this.")
        return now
    sizes = before.head.tree_size, now.head.tree_size
    proof = log.growth(*sizes) if sizes[0] < sizes[1] else []
    for words in check_growth(before, now, proof):
        say(words)
    return now


def find(log_of_certificate: Head, log: Log, now: Seen) -> None:
    """Check that the log of a certificate is the beginning of the public one.

    Raises:
        LogRefused: it is not.
        NotAnswered: it is younger than the public head, or the log could not be asked.
    """
    sizes = log_of_certificate.tree_size, now.head.tree_size
    if sizes[0] > sizes[1]:
        raise NotAnswered(
            f"the certificate rests on {sizes[0]} leaves, and only {sizes[1]} are public yet: look again within a day"
        )
    for words in check_beginning(log_of_certificate, now, log.growth(*sizes) if sizes[0] < sizes[1] else []):
        say(words)


def say(words: str) -> None:
    """Print one check, marked by whether it was made."""
    print(f"  {'!' if words.startswith('NO') else '✓'} {words}")


def reason(failed: Exception) -> str:
    """Why nothing was learnt, in words."""
    if isinstance(failed, NotAnswered):
        return str(failed)
    if isinstance(failed, ValidationError):
        return "the answer has not the shape that the log's answers have"
    return f"the platform could not be reached ({type(failed).__name__})"


def kept(state: Path) -> Seen | None:
    """What was seen the last time; none before the first.

    Raises:
        NotAnswered: the file is something else.
        OSError: it cannot be read.
    """
    try:
        with state.open("rb") as file:
            return read_seen(file.read(STATE_BYTES_MAX))
    except FileNotFoundError:
        return None
    except LogRefused as refused:
        raise NotAnswered(f"{state}: {refused}; name another with --state") from refused


def keep(state: Path, now: Seen) -> None:
    """Replace what is kept, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    unfinished = state.with_name(f"{state.name}.new")
    with unfinished.open("wb") as file:
        file.write(now.model_dump_json(indent=1).encode())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(state)


def address(text: str) -> str:
    """The address of a platform.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("an address such as https://larabot.example is expected")
    return text
