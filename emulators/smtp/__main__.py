"""Starts the mail sink."""

from emulators.serving import run
from emulators.smtp.server import build

if __name__ == "__main__":
    run("smtp", build)
