"""Any one process is killed with -9 while somebody is being erased: nothing is lost, and the erasure completes."""

import asyncio
import time
from pathlib import Path

import pytest

from contracts.holder import OWN_HOLDERS, RECIPIENT_HOLDERS, SERVICES
from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.rights import CaseFollowed, log_key, verified
from tests.support.stores import Stores
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(180)]

EMULATORS = ("emulator-brevo", "emulator-posthog", "emulator-smtp", "emulator-azure-openai", "emulator-azure-speech")
EVERYBODY = (*SERVICES, *EMULATORS, "nats-server", "preloader")
# From the answer to the erasure until the kill: another moment of the fan-out each time.
MOMENTS = (0.0, 0.05, 0.15, 0.3)


async def planted(anna: Person) -> None:
    """Be known to Brevo as well, so that a recipient has something to erase."""
    await anna.subscribes()
    await until(lambda: requests_with(anna.platform, anna.canary, "brevo"), 15)


async def erased(anna: Person, case: CaseFollowed, folder: Path) -> None:
    """The whole promise, whatever happened meanwhile."""
    closed = await case.until("closed", within_seconds=90)
    assert [entry["holder"] for entry in closed["holders"] if entry["state"] == "done"] == list(OWN_HOLDERS)
    assert [entry["recipient"] for entry in closed["recipients"] if entry["state"] == "done"] == list(RECIPIENT_HOLDERS)
    checked = verified(await case.certificate(folder), "--trust", log_key(anna.platform))
    assert checked.returncode == 0, checked.stderr
    credentials = {"email": anna.email, "password": anna.password}
    problem(await anna.browser.post("/api/auth/login", credentials), 401, "unauthenticated")
    assert Stores(anna.platform).holding([anna.canary]) == {}


@pytest.mark.parametrize("name", EVERYBODY)
async def test_an_erasure_survives_the_death_of_any_process(harmed: Platform, tmp_path: Path, name: str) -> None:
    async with a_teacher(harmed, "text_tools") as anna:
        await planted(anna)
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await asyncio.sleep(MOMENTS[EVERYBODY.index(name) % len(MOMENTS)])
        pid = harmed.kill(name)
        await harmed.until_replaced(name, pid)
        await harmed.until_ready()
        await erased(anna, case, tmp_path)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_an_erasure_survives_the_death_of_dsar_at_any_moment(
    harmed: Platform, tmp_path: Path, moment: float
) -> None:
    async with a_teacher(harmed, "text_tools") as anna:
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await asyncio.sleep(moment)
        pid = harmed.kill("dsar")
        await harmed.until_replaced("dsar", pid)
        await erased(anna, case, tmp_path)


async def test_everything_at_once_dies_and_the_erasure_completes(harmed: Platform, tmp_path: Path) -> None:
    async with a_teacher(harmed, "text_tools") as anna:
        await planted(anna)
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        pids = {name: harmed.kill(name) for name in ("nats-server", "dsar", "newsletter", "auth")}
        for name, pid in pids.items():
            await harmed.until_replaced(name, pid)
        await harmed.until_ready()
        await erased(anna, case, tmp_path)


async def test_a_session_and_a_consent_survive_the_death_of_their_owners(harmed: Platform) -> None:
    async with a_teacher(harmed, "text_tools") as anna:
        for name in ("auth", "consent", "gateway"):
            pid = harmed.kill(name)
            await harmed.until_replaced(name, pid)
        await harmed.until_ready()
        assert (await anna.me())["email"] == anna.email
        assert (await anna.uses("Solen skiner."))[-1].name == "done"


async def test_a_mail_that_was_promised_comes_although_the_mail_server_was_dead(harmed: Platform) -> None:
    async with somebody(harmed) as anna:
        pid = harmed.kill("emulator-smtp")
        await anna.asks()
        await harmed.until_replaced("emulator-smtp", pid)
        mail = await harmed.next_mail(anna.email, within_seconds=20)
        assert "verify-email" in mail["links"][0]


@pytest.mark.parametrize("name", ["textproxy", "emulator-azure-openai"])
async def test_a_text_in_the_middle_of_a_death_ends_with_an_error_soon(harmed: Platform, name: str) -> None:
    async with a_teacher(harmed, "text_tools") as anna:
        text = f"Solen skiner. {anna.canary}"
        harmed.emu("azure_openai").faults(match={"body": str(anna.canary)}, pace_seconds=0.5)
        using = asyncio.create_task(anna.uses(text))
        await until(lambda: requests_with(harmed, anna.canary), 10)
        await asyncio.sleep(0.6)
        pid = harmed.kill(name)
        began = time.monotonic()
        *_, last = await using
        assert time.monotonic() - began < 5
        assert last.name == "error"
        await harmed.until_replaced(name, pid)
        await harmed.until_ready()
        assert (await anna.uses("Solen skiner."))[-1].name == "done"
