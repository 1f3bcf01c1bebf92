"""Finds the programs of the machine that tests or benchmarks need and, where that is one command, installs them."""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Another apt may be at work; the default is to fail at once.
APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=600")
APT_SECONDS_MAX = 1200


@dataclass(frozen=True)
class Needed:
    """A program: the names and places it is found under, its Debian packages, and how to get it elsewhere."""

    title: str
    names: tuple[str, ...]
    packages: tuple[str, ...]
    elsewhere: str
    places: tuple[Path, ...] = ()

    def find(self) -> Path | None:
        found = (shutil.which(name) for name in self.names)
        candidates = [*(Path(path) for path in found if path), *self.places]
        return next((path for path in candidates if path.is_file()), None)


# The headless shell first: the same engine without a window around it, which needs a third of the CPU per page.
BROWSER = Needed(
    title="Chromium (browser tests)",
    names=("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    packages=("chromium-headless-shell", "fonts-dejavu-core"),
    elsewhere="macOS: brew install --cask chromium, or Google Chrome; Fedora: dnf install chromium",
    places=(
        Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    ),
)
PODMAN = Needed(
    title="podman (check of the compose file)",
    names=("podman",),
    packages=("podman",),
    elsewhere="macOS: brew install podman; Fedora: dnf install podman",
)
NGINX = Needed(
    title="nginx (benchmark of the text path)",
    names=("nginx",),
    packages=("nginx",),
    elsewhere="macOS: brew install nginx; Fedora: dnf install nginx",
    places=(Path("/usr/sbin/nginx"),),
)
WRK = Needed(
    title="wrk (what the benchmark's own load client is held against)",
    names=("wrk",),
    packages=("wrk",),
    elsewhere="macOS: brew install wrk; Fedora: dnf install wrk",
)
PROGRAMS = {"tests": (BROWSER, PODMAN), "bench": (NGINX, WRK)}


def find_browser() -> Path | None:
    return BROWSER.find()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops machine", description=__doc__)
    parser.add_argument("--install", action="store_true", help="install what is missing (Debian, as root)")
    parser.add_argument("--for", dest="purpose", choices=PROGRAMS, default="tests", help="what they are needed for")
    asked = parser.parse_args(arguments)
    programs = PROGRAMS[asked.purpose]
    missing = [program for program in programs if program.find() is None]
    if missing and asked.install and can_install():
        install([package for program in missing for package in program.packages])
        missing = [program for program in programs if program.find() is None]
    for program in missing:
        debian = f"sudo apt-get install --no-install-recommends {' '.join(program.packages)}"
        print(f"{program.title} was not found.\n  Debian, Ubuntu: {debian}\n  {program.elsewhere}", file=sys.stderr)
    # In CI nothing may be skipped unseen.
    return 1 if missing and os.environ.get("CI") == "true" else 0  # noqa: TID251  # not a setting of ours


def can_install() -> bool:
    return Path("/etc/debian_version").exists() and os.geteuid() == 0


def install(packages: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}  # noqa: TID251  # apt needs its proxies
    for action in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run([*APT, *action], env=environment, check=False, timeout=APT_SECONDS_MAX, stdout=sys.stderr)
