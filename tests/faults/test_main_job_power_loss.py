"""The whole platform dies at once in the middle of an erasure; started again on the same directory, it completes it."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed, log_key, verified
from tests.support.stores import Stores
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(180)]


async def leaves(platform: Platform, moment: float) -> tuple[Person, dict[str, str]]:
    """Somebody who is known to Brevo asks to be erased, and everything dies."""
    async with a_teacher(platform, "text_tools") as anna:
        await anna.subscribes()
        await until(lambda: requests_with(platform, anna.canary, "brevo"), 15)
        opened = await anna.invokes("erasure")
        await asyncio.sleep(moment)
        platform.kill("launcher", signal.SIGKILL)
        return anna, opened


async def finds_it_done(platform: Platform, anna: Person, opened: dict[str, str], folder: Path) -> None:
    async with somebody(platform) as reader:
        case = CaseFollowed(reader, opened)
        await case.until("closed", within_seconds=60)
        checked = verified(await case.certificate(folder), "--trust", log_key(platform))
        assert checked.returncode == 0, checked.stderr
        assert Stores(platform).holding([anna.canary]) == {}


@pytest.mark.parametrize("moment", [0.0, 0.2])
def test_an_erasure_survives_the_loss_of_power(tmp_path: Path, moment: float) -> None:
    platform = Platform(tmp_path / "data")
    with platform:
        anna, opened = asyncio.run(leaves(platform, moment))
    with platform:
        asyncio.run(finds_it_done(platform, anna, opened, tmp_path))
