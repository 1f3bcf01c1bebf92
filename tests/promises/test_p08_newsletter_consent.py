"""P08: The newsletter needs its own, voluntary consent."""

import asyncio
from typing import Any

import pytest

from tests.support.people import a_teacher, secret_of, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = pytest.mark.promise("P08")

SUBSCRIPTIONS = "/api/newsletter/subscriptions"


async def test_before_the_confirmation_brevo_has_received_nothing(platform: Platform) -> None:
    async with somebody(platform) as anna:
        assert (await anna.browser.post(SUBSCRIPTIONS, {"email": anna.email, "consent": True})).status_code == 202
        mail = await platform.next_mail(anna.email)
        # A subscription of somebody else passes meanwhile, so Brevo could have been told.
        async with somebody(platform) as berit:
            await berit.subscribes()
            await until(lambda: requests_with(platform, berit.canary, "brevo"), 10)
        assert requests_with(platform, anna.canary, "brevo") == []
        await anna.browser.post(f"{SUBSCRIPTIONS}/confirm", {"token": secret_of(mail)})
        assert await until(lambda: requests_with(platform, anna.canary, "brevo"), 10)


@pytest.mark.parametrize("consent", [False, None, "yes", 1], ids=str)
async def test_anything_but_a_clear_yes_is_refused(platform: Platform, consent: Any) -> None:
    async with somebody(platform) as anna:
        body = {"email": anna.email, "consent": consent}
        problem(await anna.browser.post(SUBSCRIPTIONS, body), 422, "invalid")
        problem(await anna.browser.post(SUBSCRIPTIONS, {"email": anna.email}), 422, "invalid")
        assert platform.mail(anna.email) == []


async def test_no_other_consent_and_no_account_brings_the_newsletter_along(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools", "voice_tools", "analytics", "marketing") as anna:
        state = (await anna.browser.get("/api/consent")).json()["purposes"]
        assert state["newsletter"] is False
        await asyncio.sleep(0.5)
        assert len(platform.mail(anna.email)) == 1, "the mail to confirm the account, and no other"
        assert requests_with(platform, anna.canary, "brevo") == []


async def test_the_newsletter_brings_no_other_consent_along(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        await anna.subscribes()
        state = (await anna.browser.get("/api/consent")).json()["purposes"]
        assert not [purpose for purpose, given in state.items() if given and purpose != "newsletter"]


async def test_opening_the_link_does_not_confirm(platform: Platform) -> None:
    async with somebody(platform) as anna, somebody(platform) as scanner:
        await anna.browser.post(SUBSCRIPTIONS, {"email": anna.email, "consent": True})
        mail = await platform.next_mail(anna.email)
        assert (await scanner.browser.get("/newsletter/confirm")).status_code == 200
        await asyncio.sleep(0.5)
        assert requests_with(platform, anna.canary, "brevo") == []
        answer = await anna.browser.post(f"{SUBSCRIPTIONS}/confirm", {"token": secret_of(mail)})
        assert answer.status_code == 200, "nobody had used it"
