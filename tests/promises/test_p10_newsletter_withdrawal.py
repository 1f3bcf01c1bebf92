"""P10: Newsletter consent can be withdrawn at any time, by the link in every newsletter or by writing to the contact address."""  # noqa: E501 — its own words

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support import http
from tests.support.people import Person, a_teacher, secret_of, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.rights import data_of, rows_by_store
from tests.support.waiting import until

pytestmark = pytest.mark.promise("P10")

WITHIN_SECONDS = 10


def at_brevo(anna: Person) -> list[dict[str, Any]]:
    """Brevo's contacts of this person that a newsletter would go to."""
    contacts = anna.platform.emu("brevo").get("contacts")
    return [one for one in contacts if one["email"] == anna.email and one["listIds"] and not one["emailBlacklisted"]]


async def subscribed(anna: Person) -> str:
    """Subscribe until Brevo knows; the secret of the link that every letter of the newsletter ends with."""
    await anna.subscribes()
    await until(lambda: at_brevo(anna), WITHIN_SECONDS)
    welcome = await anna.platform.next_mail(anna.email, page="/newsletter/unsubscribe")
    return secret_of(welcome)


async def gone_from_both(anna: Person) -> None:
    await until(lambda: not at_brevo(anna), WITHIN_SECONDS)
    assert ("newsletter", "subscription") not in rows_by_store(await data_of(anna))


async def by_link(anna: Person, secret: str) -> None:
    answer = await anna.browser.post("/api/newsletter/subscriptions/unsubscribe", {"token": secret})
    assert answer.json() == {"state": "unsubscribed"}


async def by_one_click_of_a_mail_program(anna: Person, secret: str) -> None:
    """RFC 8058: no cookie, no header of ours, a form."""
    async with anna.platform.browser(**{"X-Requested-By": ""}) as program:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await program.request(
            "POST", f"/newsletter/unsubscribe/{secret}", content="List-Unsubscribe=One-Click", headers=form
        )
    assert answer.status_code == 200


async def through_brevo(anna: Person, secret: str) -> None:
    token = (anna.platform.data / "keys" / "brevo-webhook.hex").read_text().strip()
    told = {"url": f"{anna.platform.url}/webhooks/brevo/marketing", "token": token}
    anna.platform.emu("brevo").post("webhook", {**told, "event": "unsubscribe", "email": anna.email})


async def with_every_other_consent(anna: Person, secret: str) -> None:
    assert (await anna.browser.delete("/api/consent")).status_code == 200


def imported_past_us(platform: Platform, contact: dict[str, Any]) -> None:
    url = f"{platform.emu('brevo').url}/v3/contacts"
    http.post(url, json=contact, headers={"api-key": "xkeysib-emulator"}).raise_for_status()


@pytest.mark.parametrize("leaves", [by_link, by_one_click_of_a_mail_program, through_brevo, with_every_other_consent])
async def test_every_way_out_leads_out_of_both_places(
    platform: Platform, leaves: Callable[[Person, str], Awaitable[None]]
) -> None:
    async with a_teacher(platform) as anna:
        secret = await subscribed(anna)
        await leaves(anna, secret)
        await gone_from_both(anna)


async def test_who_wrote_to_the_contact_address_is_taken_off_by_a_caseworker(platform: Platform) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as caseworker:
        await subscribed(anna)
        await caseworker.registers()
        await caseworker.logs_in()
        made_staff(platform, (await caseworker.me())["account_id"])
        await caseworker.logs_in()
        body = {"email": anna.email}
        problem(await anna.browser.post("/api/staff/newsletter/unsubscriptions", body), 403, "forbidden")
        assert at_brevo(anna)
        assert (await caseworker.browser.post("/api/staff/newsletter/unsubscriptions", body)).status_code == 204
        await gone_from_both(anna)


def made_staff(platform: Platform, account_id: str) -> None:
    """As an operator does it, who has no page for it."""
    with sqlite3.connect(platform.data / "auth" / "auth.db", timeout=5) as database:
        changed = database.execute("UPDATE account SET role = 'staff' WHERE id = ?", (account_id,)).rowcount
    database.close()
    assert changed == 1


async def test_leaving_needs_no_login(platform: Platform) -> None:
    async with a_teacher(platform) as anna, platform.browser() as anybody:
        secret = await subscribed(anna)
        answer = await anybody.post("/api/newsletter/subscriptions/unsubscribe", {"token": secret})
        assert answer.json() == {"state": "unsubscribed"}
        await gone_from_both(anna)


async def test_an_import_from_before_cannot_bring_a_reader_back(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        secret = await subscribed(anna)
        (contact,) = at_brevo(anna)
        await by_link(anna, secret)
        await gone_from_both(anna)
        token = (platform.data / "keys" / "brevo-webhook.hex").read_text().strip()
        told = {"url": f"{platform.url}/webhooks/brevo/marketing", "token": token}
        imported_past_us(platform, {"email": anna.email, "listIds": contact["listIds"]})
        platform.emu("brevo").post("webhook", {**told, "event": "list_addition", "email": anna.email})
        await gone_from_both(anna)
