"""Starts the Azure OpenAI emulator."""

from emulators.azure_openai.server import build
from emulators.serving import run

if __name__ == "__main__":
    run("azure_openai", build)
