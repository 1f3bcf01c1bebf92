"""A vendor fails, for one person or for all: nobody else waits, the case says who is late, and it ends by itself."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed
from tests.support.upstream import body_of, requests_with
from tests.support.waiting import until

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(180)]


async def known_to_brevo(person: Person) -> list[str]:
    """Subscribe; the parts of paths by which Brevo's contact is addressed."""
    await person.subscribes()
    (created, *_) = await until(lambda: requests_with(person.platform, person.canary, "brevo"), 15)
    found = person.platform.emu("brevo").get("contacts")
    contacts = found["contacts"] if isinstance(found, dict) else found
    (number,) = [contact["id"] for contact in contacts if contact["email"] == person.email]
    return [body_of(created)["ext_id"], f"/contacts/{number}"]


def waiting_for(case: dict[str, Any]) -> list[str]:
    return [entry["recipient"] for entry in case["recipients"] if entry["state"] == "waiting"]


async def test_one_contact_that_brevo_cannot_delete_delays_nobody_else(harmed: Platform) -> None:
    async with a_teacher(harmed) as anna, a_teacher(harmed) as berit:
        addressed = await known_to_brevo(anna)
        await known_to_brevo(berit)
        for path in addressed:
            harmed.emu("brevo").faults(match={"path": path}, status=500, times=None)
        late = CaseFollowed(anna, await anna.invokes("erasure"))
        await late.until("waiting_for_recipients")
        await CaseFollowed(berit, await berit.invokes("erasure")).until("closed", within_seconds=20)
        assert waiting_for(await late.now()) == ["brevo"]
        harmed.emu("brevo").reset()
        assert waiting_for(await late.until("closed", within_seconds=60)) == []


async def test_a_contact_that_brevo_refuses_delays_no_other_subscription(harmed: Platform) -> None:
    async with somebody(harmed) as anna, somebody(harmed) as berit:
        refusal = {"code": "invalid_parameter", "message": "no"}
        harmed.emu("brevo").faults(match={"body": str(anna.canary)}, status=400, body=refusal, times=None)
        await anna.subscribes()
        await berit.subscribes()
        await until(lambda: str(berit.canary) in json.dumps(harmed.emu("brevo").get("contacts")), 15)
        harmed.emu("brevo").reset()


async def test_statistics_that_posthog_does_not_take_disturb_nobody(harmed: Platform) -> None:
    async with a_teacher(harmed, "text_tools", "analytics") as anna:
        harmed.emu("posthog").faults(status=503, times=None)
        event = {"event": "page_viewed", "properties": {"page": "/tools"}}
        assert (await anna.browser.post("/api/analytics/events", event)).status_code == 204
        assert (await anna.uses("Solen skiner."))[-1].name == "done"
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("waiting_for_recipients")
        async with asyncio.timeout(20):
            while waiting_for(await case.now()) != ["posthog"]:
                await asyncio.sleep(0.1)
        harmed.emu("posthog").reset()
        await case.until("closed", within_seconds=60)


async def test_a_mail_server_that_refuses_for_now_gets_the_letter_later(harmed: Platform) -> None:
    async with somebody(harmed) as anna, somebody(harmed) as bounced:
        harmed.mail_sink.faults(match={"method": "DATA"}, status=451, times=2)
        refused = {"email": f"bounce@{bounced.canary}.example", "password": bounced.password, "name": "Bo"}
        assert (await bounced.browser.post("/api/auth/register", refused)).status_code == 202
        await anna.asks()
        assert await harmed.next_mail(anna.email, within_seconds=30)
        harmed.mail_sink.reset()
