"""A process for the launcher to run: tells over HTTP who it is, notes in a journal that it was stopped."""

import argparse
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import FrameType


class Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"pid": os.getpid(), "environment": dict(os.environ), "argv": sys.argv}).encode()  # noqa: TID251
        self.send_response(503 if self.path == "/never" else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--stubborn", action="store_true", help="ignore SIGTERM")
    asked = parser.parse_args()

    def stopped(_number: int, _frame: FrameType | None) -> None:
        with asked.journal.open("a") as journal:
            journal.write(f"{asked.name}\n")
        if not asked.stubborn:
            sys.exit(0)

    signal.signal(signal.SIGTERM, stopped)
    sys.stdout.write(json.dumps({"event": "started", "name": asked.name}) + "\n")
    HTTPServer(("127.0.0.1", asked.port), Door).serve_forever()


if __name__ == "__main__":
    main()
