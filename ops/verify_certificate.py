"""`python -m ops verify-certificate FILE [--trust KEY]`: checks an erasure certificate, offline and alone."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import TypeAdapter, ValidationError

from kernel.certificate import FILE_BYTES_MAX, CertificateRefused
from kernel.certificate_check import UNVOUCHED, check
from kernel.key_history import LoggedKey

KEY = re.compile(r"[0-9a-f]{64}")
KEYS_BYTES_MAX = 4 * 1024 * 1024


class Parser(argparse.ArgumentParser):
    """Like any other, but the verb answers with 0 or 1 alone: what it was asked wrongly, it did not verify."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and end with 1."""
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def log_key(text: str) -> str:
    """A public key as the operator publishes it.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not KEY.fullmatch(text):
        raise argparse.ArgumentTypeError("64 characters of lower-case hex are expected")
    return text


def main(arguments: list[str]) -> int:
    """Print every check that was made; 0 if all of them hold, 1 otherwise."""
    parser = Parser(prog="python -m ops verify-certificate", description=__doc__)
    parser.add_argument("file", type=Path, help="the certificate, in its JSON form")
    parser.add_argument(
        "--trust", type=log_key, metavar="KEY", help="the log's public key: `log_key` of GET /api/privacy/log/keys"
    )
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="the history of keys, from another day or another person than the certificate: what was saved from "
        "/api/privacy/log/keys, or the state file of a witness",
    )
    asked = parser.parse_args(arguments)
    try:
        data = taken(asked.file, FILE_BYTES_MAX)
        published = keys_in(taken(asked.keys, KEYS_BYTES_MAX)) if asked.keys else ()
    except OSError as error:
        print(f"The file cannot be read: {error.strerror}.", file=sys.stderr)
        return 1
    except ValueError:
        print("The file that was given with --keys is no history of keys.", file=sys.stderr)
        return 1
    return report(data, asked.trust, published)


def report(data: bytes, trusted: str | None, published: Sequence[LoggedKey]) -> int:
    """Print every check of a certificate; 0 if all of them hold, 1 otherwise."""
    try:
        for words in check(data, trusted, published):
            print(f"  {'!' if words.startswith('NO') else '✓'} {words}")
    except CertificateRefused as refused:
        print(f"  ✗ {refused}\nThe certificate does NOT hold.", file=sys.stderr)
        return 1
    if trusted is None:
        print(f"The file agrees with itself, and {UNVOUCHED} for its key: that alone proves nothing about who made it.")
    else:
        print("The certificate holds: stated by the operator, checked by each holder's probe.")
    return 0


def taken(file: Path, bytes_max: int) -> bytes:
    """A file as far as it may be read; what is longer is refused by whoever reads it.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as opened:
        return opened.read(bytes_max + 1)


def keys_in(data: bytes) -> list[LoggedKey]:
    """The history of keys that a file holds under `keys`.

    Raises:
        ValueError: it holds none.
    """
    content = json.loads(data)
    found = content.get("keys") if isinstance(content, dict) else None
    try:
        return TypeAdapter(list[LoggedKey]).validate_python(found)
    except ValidationError:
        raise ValueError("no history of keys") from None
