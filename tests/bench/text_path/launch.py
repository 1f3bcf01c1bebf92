"""Runs the whole platform as `python -m ops run` does, with the bench's vendor stub in place of one emulator.

    python -m tests.bench.text_path.launch VENDOR_PORT --port 0 --data DIR

The site is one whose vendors are emulated, and every check of addresses and regions is made as ever.
"""

import asyncio
import sys
import time
from dataclasses import replace

from ops.run.command import parser, site_of
from ops.run.console import Console
from ops.run.forking import ForkingStarter
from ops.run.launch import Launch
from ops.run.plan import plan_of
from ops.run.run_record import RunRecord
from ops.run.site import Site
from ops.run.starting import Executor

VENDOR = "azure_openai"
REPLACED = "emulator-azure-openai"


async def launch(site: Site, began: float) -> int:
    console = Console.of_this_process()
    executor = Executor(console)
    forker = ForkingStarter(executor, site.basics, console) if sys.platform == "linux" else None
    if forker:
        await forker.warm_up()
    plan = plan_of(site)
    plan = replace(plan, emulators=tuple(program for program in plan.emulators if program.name != REPLACED))
    record = RunRecord(site.data.path / "run.json")
    return await Launch(plan, record, console, executor=executor, forker=forker, began=began).run()


def main(vendor_port: int, arguments: list[str]) -> int:
    began = time.monotonic()
    site = site_of(parser().parse_args(arguments))
    emulators = {**site.ports.emulators, VENDOR: vendor_port}
    return asyncio.run(launch(replace(site, ports=replace(site.ports, emulators=emulators)), began))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
