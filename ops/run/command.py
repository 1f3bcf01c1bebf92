"""The verb `run`: read what was asked, refuse what cannot be, launch the rest."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from ops.run.configuration import VENDOR_TITLES, Configuration, read_configuration
from ops.run.console import Console
from ops.run.data_directory import DataDirectory
from ops.run.duration import duration_seconds
from ops.run.forking import ForkingStarter
from ops.run.keys import KeyRing
from ops.run.launch import Launch
from ops.run.plan import plan_of
from ops.run.ports import PORTS, choose_ports
from ops.run.program import ROOT
from ops.run.refusal import LaunchRefused
from ops.run.run_record import RunRecord
from ops.run.site import Site, basics_of
from ops.run.starting import Executor


def main(arguments: list[str]) -> int:
    began = time.monotonic()
    asked = parser().parse_args(arguments)
    try:
        site = site_of(asked)
        return asyncio.run(launch(site, began))
    except LaunchRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m ops run", description="Run the whole platform on this machine.")
    made.add_argument("--port", type=port_number, default=8000, help="where the gateway listens (0: any free port)")
    made.add_argument("--data", type=Path, default=Path(".data"), help="directory for everything that is kept")
    made.add_argument(
        "--clock-offset",
        type=duration_seconds,
        default=0,
        metavar="DURATION",
        help="move the services' clock, e.g. 31d (only with emulated vendors)",
    )
    made.add_argument(
        "--without-emulators", action="store_true", help="start no emulator; every vendor must be configured"
    )
    return made


def port_number(text: str) -> int:
    number = int(text)
    if not 0 <= number < PORTS:
        raise argparse.ArgumentTypeError(f"{number} is no port: they go to {PORTS - 1}, and 0 takes any free one")
    return number


def site_of(asked: argparse.Namespace) -> Site:
    """Everything is checked before anything is started."""
    environment = os.environ  # noqa: TID251  # the one place that reads the operator's settings
    configuration = read_configuration(environment, ROOT / ".env")
    refuse_contradictions(configuration, asked)
    data = DataDirectory(asked.data)
    return Site(
        configuration=configuration,
        ports=choose_ports(asked.port),
        data=data,
        keys=KeyRing(data.room("keys")),
        basics=basics_of(environment),
        clock_offset_seconds=asked.clock_offset,
    )


def refuse_contradictions(configuration: Configuration, asked: argparse.Namespace) -> None:
    real = [VENDOR_TITLES[vendor] for vendor in configuration.real_vendors]
    if asked.clock_offset and real:
        raise LaunchRefused(f"--clock-offset would lie to real vendors: {', '.join(sorted(real))}.")
    if asked.without_emulators and configuration.emulated_vendors:
        missing = ", ".join(VENDOR_TITLES[vendor] for vendor in configuration.emulated_vendors)
        raise LaunchRefused(f"--without-emulators needs every vendor configured; not configured: {missing}.")


async def launch(site: Site, began: float) -> int:
    console = Console.of_this_process()
    executor = Executor(console)
    forker = ForkingStarter(executor, site.basics, console) if sys.platform == "linux" else None
    if forker:
        await forker.warm_up()  # it imports on the other core while this one makes the plan and starts the bus
    record = RunRecord(site.data.path / "run.json")
    return await Launch(plan_of(site), record, console, executor=executor, forker=forker, began=began).run()
