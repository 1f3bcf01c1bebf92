"""Starts the Brevo emulator."""

from emulators.brevo.server import build
from emulators.serving import run

if __name__ == "__main__":
    run("brevo", build)
