"""A process that crashes while it carries a text leaves no image of it, and none on the platform could."""

import asyncio
import signal
from pathlib import Path

import httpx
import pytest

from tests.support.core_files import core_files, core_limits
from tests.support.people import a_teacher
from tests.support.platform import Platform
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("faults")


def test_no_process_of_the_platform_may_be_dumped(harmed: Platform) -> None:
    limits = {name: core_limits(pid) for name, pid in harmed.pids.items()}
    assert len(limits) > 10
    assert {name: found for name, found in limits.items() if found != ["0", "0"]} == {}


@pytest.mark.parametrize("name", ["gateway", "textproxy", "nats-server", "emulator-azure-openai"])
async def test_a_crash_in_the_middle_of_a_text_leaves_no_image(harmed: Platform, name: str) -> None:
    """nats-server, written in Go, ends itself with a list of its goroutines rather than by the signal."""
    async with a_teacher(harmed, "text_tools") as anna:
        harmed.emu("azure_openai").faults(match={"body": str(anna.canary)}, pace_seconds=0.5)
        using = asyncio.create_task(anna.uses(f"Solen skiner. {anna.canary}"))
        await until(lambda: requests_with(harmed, anna.canary), 10)
        directories = Path(f"/proc/{harmed.pids[name]}/cwd").readlink(), harmed.data, harmed.temporary
        before = core_files(*directories)
        pid = harmed.kill(name, signal.SIGSEGV)
        try:
            assert (await using)[-1].name == "error"
        except httpx.TransportError:
            assert name == "gateway"
        await harmed.until_replaced(name, pid)
        await harmed.until_ready()
    assert core_files(*directories) == before
    assert str(anna.canary) not in harmed.log.read_text()
