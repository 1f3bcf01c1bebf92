"""`python -m ops verify-certificate FILE [--trust KEY]`: checks an erasure certificate, offline and alone."""

import argparse
import re
import sys
from pathlib import Path
from typing import NoReturn

from kernel.certificate import FILE_BYTES_MAX, CertificateRefused, check

KEY = re.compile(r"[0-9a-f]{64}")


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
        "--trust", type=log_key, metavar="KEY", help="the log's public key from `log_key` of GET /api/privacy/log/keys"
    )
    asked = parser.parse_args(arguments)
    try:
        with asked.file.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        print(f"The file cannot be read: {error.strerror}.", file=sys.stderr)
        return 1
    try:
        for words in check(data, asked.trust):
            print(f"  {'!' if words.startswith('NOT ') else '✓'} {words}")
    except CertificateRefused as refused:
        print(f"  ✗ {refused}\nThe certificate does NOT hold.", file=sys.stderr)
        return 1
    print("The certificate holds: stated by the operator, checked by each holder's probe.")
    return 0
