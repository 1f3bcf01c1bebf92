"""Starts the Azure Speech emulator."""

from emulators.azure_speech.server import build
from emulators.serving import run

if __name__ == "__main__":
    run("azure_speech", build)
