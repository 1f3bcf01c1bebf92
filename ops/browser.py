"""Finds the Chromium that the browser tests drive and, where that is one command, installs it."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_PATHS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
PACKAGES = ("chromium", "fonts-dejavu-core")
# Another apt may be at work; the default is to fail at once.
APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=600")
APT_SECONDS_MAX = 1200
HOW_TO = """No Chromium was found; the browser tests need one.
  Debian, Ubuntu:  sudo apt-get install --no-install-recommends chromium fonts-dejavu-core
  Fedora:          sudo dnf install chromium
  macOS:           brew install --cask chromium, or install Google Chrome"""


def find_browser() -> Path | None:
    found = (shutil.which(name) for name in NAMES)
    candidates = [*(Path(path) for path in found if path), *MAC_PATHS]
    return next((path for path in candidates if path.is_file()), None)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops browser", description=__doc__)
    parser.add_argument("--install", action="store_true", help="install Chromium if none is found (Debian, as root)")
    asked = parser.parse_args(arguments)
    browser = find_browser()
    if not browser and asked.install and can_install():
        install()
        browser = find_browser()
    if browser:
        print(browser)
        return 0
    print(HOW_TO, file=sys.stderr)
    return 1 if os.environ.get("CI") == "true" else 0  # noqa: TID251  # in CI nothing may be skipped unseen


def can_install() -> bool:
    return Path("/etc/debian_version").exists() and os.geteuid() == 0


def install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}  # noqa: TID251  # apt needs its proxies
    for action in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        subprocess.run([*APT, *action], env=environment, check=False, timeout=APT_SECONDS_MAX, stdout=sys.stderr)
