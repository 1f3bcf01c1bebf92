"""The launcher with toy programs: the same Launch as `python -m ops run`, another plan."""

import argparse
import asyncio
import sys
from pathlib import Path

from ops.run.console import Console
from ops.run.data_directory import DataDirectory
from ops.run.forking import ForkingStarter
from ops.run.launch import Launch, Patience
from ops.run.plan import Plan
from ops.run.ports import any_port
from ops.run.program import Program
from ops.run.refusal import LaunchRefused
from ops.run.run_record import RunRecord
from ops.run.starting import Executor

PRELOADERS_OWN = {"PATH": "/usr/bin:/bin", "OF_THE_PRELOADER": "not for those it forks"}


def toy(name: str, port: int, data: Path, *more: str) -> Program:
    return Program(
        name=name,
        command=(
            "tests.support.toy_program",
            *("--name", name, "--port", str(port), "--journal", str(data / "journal")),
            *more,
        ),
        is_module=True,
        environment={"PATH": "/usr/bin:/bin", "LARABOT_TOY": name},
        ready_url=f"http://127.0.0.1:{port}/",
    )


def toy_plan(data: Path, *, stubborn: bool, never_ready: bool) -> Plan:
    names = ("nats-server", "emulator-brevo", "consent", "gateway")
    ports = {name: any_port() for name in names}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    bus = toy("nats-server", ports["nats-server"], data)
    return Plan(
        # An executable, as the real one is.
        bus=Program(name=bus.name, command=bus.argv, environment=bus.environment, ready_url=bus.ready_url),
        emulators=(toy("emulator-brevo", ports["emulator-brevo"], data),),
        services=(
            toy("consent", ports["consent"], data, *(["--stubborn"] if stubborn else [])),
            toy("gateway", ports["gateway"], data),
        ),
        ready_url=urls["gateway"] + ("/never" if never_ready else "/"),
        record={"gateway": urls["gateway"], "urls": urls},
        banner="toys",
    )


async def launch(asked: argparse.Namespace) -> int:
    data = DataDirectory(asked.data)
    console = Console.of_this_process()
    executor = Executor(console)
    forker = None if asked.without_fork else ForkingStarter(executor, PRELOADERS_OWN, console)
    plan = toy_plan(data.path, stubborn=asked.stubborn, never_ready=asked.never_ready)
    record = RunRecord(data.path / "run.json")
    made = Launch(
        plan,
        record,
        console,
        executor=executor,
        forker=forker,
        patience=Patience(all_ready=10, service_grace=1) if asked.impatient else Patience(),
    )
    return await made.run()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--never-ready", action="store_true")
    parser.add_argument("--impatient", action="store_true")
    parser.add_argument("--without-fork", action="store_true")
    try:
        return asyncio.run(launch(parser.parse_args()))
    except LaunchRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
