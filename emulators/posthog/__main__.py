"""Starts the PostHog emulator."""

from emulators.posthog.server import build
from emulators.serving import run

if __name__ == "__main__":
    run("posthog", build)
