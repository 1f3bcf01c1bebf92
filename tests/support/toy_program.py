"""A process for the launcher to run: answers over HTTP who it is, and notes in a journal when it is stopped."""

import argparse
import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Door(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"pid": os.getpid(), "environment": dict(os.environ), "argv": sys.argv}).encode()  # noqa: TID251
        self.send_response(503 if self.path == "/never" else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_): ...


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--stubborn", action="store_true", help="ignore SIGTERM")
    asked = parser.parse_args()

    def stopped(_number, _frame):
        with asked.journal.open("a") as journal:
            journal.write(f"{asked.name}\n")
        if not asked.stubborn:
            sys.exit(0)

    signal.signal(signal.SIGTERM, stopped)
    print(json.dumps({"event": "started", "name": asked.name, "threads": threading.active_count()}))
    HTTPServer(("127.0.0.1", asked.port), Door).serve_forever()


if __name__ == "__main__":
    main()
