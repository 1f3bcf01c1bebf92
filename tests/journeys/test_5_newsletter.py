"""Step 5: the newsletter. Brevo learns an address when its owner has confirmed it, and not a moment before."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.people import Person, a_teacher, secret_of, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.waiting import until

SUBSCRIPTIONS = "/api/newsletter/subscriptions"
WITHIN_SECONDS = 10


def contacts(platform: Platform, person: Person) -> list[dict[str, Any]]:
    """Brevo's contacts that are this person's."""
    found = platform.emu("brevo").get("contacts")
    listed = found["contacts"] if isinstance(found, dict) else found
    return [contact for contact in listed if person.canary.is_in(str(contact).encode())]


async def until_listed(platform: Platform, person: Person, *, listed: bool) -> list[dict[str, Any]]:
    """Wait until Brevo's list holds the person, or no longer does."""

    def agrees() -> bool:
        return any(contact["listIds"] for contact in contacts(platform, person)) == listed

    await until(agrees, WITHIN_SECONDS)
    return contacts(platform, person)


async def asked(platform: Platform, person: Person) -> dict[str, Any]:
    """Ask for the newsletter; the mail that asks to confirm."""
    answer = await person.browser.post(SUBSCRIPTIONS, {"email": person.email, "consent": True})
    assert answer.status_code == 202, answer.text
    assert answer.content == b""
    return await platform.next_mail(person.email)


async def test_the_mailed_link_confirms_and_then_brevo_knows_the_address(platform: Platform) -> None:
    async with somebody(platform) as anna:
        mail = await asked(platform, anna)
        assert contacts(platform, anna) == []
        confirmed = await anna.browser.post(f"{SUBSCRIPTIONS}/confirm", {"token": secret_of(mail)})
        assert confirmed.json() == {"state": "subscribed"}
        (contact,) = await until_listed(platform, anna, listed=True)
        assert contact["email"] == anna.email
        assert contact["ext_id"]


@pytest.mark.parametrize(("language", "word"), [("sv", "nyhetsbrev"), ("nb", "nyhetsbrev"), ("en", "newsletter")])
async def test_the_mail_names_the_newsletter_and_its_first_link_confirms(
    platform: Platform, language: str, word: str
) -> None:
    async with somebody(platform, **{"Accept-Language": language}) as anna:
        mail = await asked(platform, anna)
    assert word in mail["subject"].lower()
    link = urlsplit(mail["links"][0])
    assert (link.path, link.query) == ("/newsletter/confirm", "")


async def test_a_confirmation_works_once(platform: Platform) -> None:
    async with somebody(platform) as anna:
        mail = await asked(platform, anna)
        body = {"token": secret_of(mail)}
        assert (await anna.browser.post(f"{SUBSCRIPTIONS}/confirm", body)).status_code == 200
        problem(await anna.browser.post(f"{SUBSCRIPTIONS}/confirm", body), 410, "gone")


async def test_unsubscribing_needs_the_mailed_secret_only_and_brevo_agrees(platform: Platform) -> None:
    async with somebody(platform) as anna:
        await anna.subscribes()
        await until_listed(platform, anna, listed=True)
        welcome = await platform.next_mail(anna.email, page="/newsletter/unsubscribe")
        answer = await anna.browser.post(f"{SUBSCRIPTIONS}/unsubscribe", {"token": secret_of(welcome)})
        assert answer.json() == {"state": "unsubscribed"}
        await until_listed(platform, anna, listed=False)


async def test_a_yes_with_an_account_asks_by_letter_and_leaving_by_link_withdraws_it(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        receipt = (await anna.consents(newsletter=True))["receipt"]
        assert receipt["purposes"] == {"newsletter": True}
        mail = await platform.next_mail(anna.email, page="/newsletter/confirm")
        assert contacts(platform, anna) == []
        await anna.browser.post(f"{SUBSCRIPTIONS}/confirm", {"token": secret_of(mail)})
        await until_listed(platform, anna, listed=True)
        welcome = await platform.next_mail(anna.email, page="/newsletter/unsubscribe")
        await anna.browser.post(f"{SUBSCRIPTIONS}/unsubscribe", {"token": secret_of(welcome)})
        await until_listed(platform, anna, listed=False)
        while (await anna.browser.get("/api/consent")).json()["purposes"]["newsletter"]:
            await asyncio.sleep(0.05)
        history = (await anna.browser.get("/api/consent/receipts")).json()["receipts"]
        assert history[0]["purposes"] == {"newsletter": False}
        assert history[0]["method"] == "newsletter"


async def test_withdrawing_every_consent_ends_the_subscription_too(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        await anna.subscribes()
        await until_listed(platform, anna, listed=True)
        assert (await anna.browser.delete("/api/consent")).status_code == 200
        await until_listed(platform, anna, listed=False)


async def test_a_mail_program_unsubscribes_with_one_click_and_without_our_header(platform: Platform) -> None:
    async with somebody(platform, **{"X-Requested-By": ""}) as anna, somebody(platform) as asking:
        asking.canary = anna.canary
        await asking.subscribes()
        await until_listed(platform, anna, listed=True)
        welcome = await platform.next_mail(anna.email, page="/newsletter/unsubscribe")
        secret = secret_of(welcome)
        form = {
            "content": "List-Unsubscribe=One-Click",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        }
        answer = await anna.browser.request("POST", f"/newsletter/unsubscribe/{secret}", **form)
        assert answer.status_code == 200, answer.text
        await until_listed(platform, anna, listed=False)


async def test_a_known_address_is_answered_alike(platform: Platform) -> None:
    async with somebody(platform) as anna:
        await anna.subscribes()
        again = await anna.browser.post(SUBSCRIPTIONS, {"email": anna.email, "consent": True})
        assert (again.status_code, again.content) == (202, b"")


async def test_brevos_word_that_somebody_unsubscribed_is_heard(platform: Platform) -> None:
    secret = (platform.data / "keys" / "brevo-webhook.hex").read_text().strip()
    async with somebody(platform) as anna:
        await anna.subscribes()
        await until_listed(platform, anna, listed=True)
        event = {"event": "unsubscribe", "email": anna.email, "id": 1, "ts_event": 1, "date_event": "2026-01-01"}
        url = f"{platform.url}/webhooks/brevo/marketing"
        order = {"url": url, "token": secret, "event": "unsubscribe", "email": anna.email}
        platform.emu("brevo").post("webhook", order)
        await until_listed(platform, anna, listed=False)
        refused = await anna.browser.post("/webhooks/brevo/marketing", event, headers={"Authorization": "Bearer no"})
        problem(refused, 401, "unauthenticated")
