"""Runs the service."""

from services.dsar.app import build
from services.dsar.settings import DsarSettings

if __name__ == "__main__":
    build(DsarSettings.from_environment()).run()
