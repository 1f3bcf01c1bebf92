"""P09: The newsletter stores only the listed data."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.notice import listed_in_the_notice
from tests.support.people import Person, a_teacher
from tests.support.platform import Platform
from tests.support.rights import data_of, rows_by_store
from tests.support.tables import columns
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = pytest.mark.promise("P09")

LISTED: dict[str, Any] = json.loads(Path("policies/newsletter.json").read_text())
# What makes the list usable: a random number, hashes of the secrets in the mailed links, which key the address is
# sealed under, and the keyed hash that it is found by.
KEYS = {"id", "unsubscribe_hash", "token_hash", "sealed_by", "email_index"}
NOTICE = {
    "E-postadress": {"email"},
    "Språk": {"language"},
    "Tidpunkt för samtycket och vilken text som visades": {"created_at", "notice_version"},
    "Bevis på bekräftad prenumeration": {"confirmed_at", "consent_record"},
}


async def test_the_published_notice_lists_what_is_stored(platform: Platform) -> None:
    listed = await listed_in_the_notice(platform, "Vid prenumeration på nyhetsbrev lagrar och behandlar vi")
    assert listed == list(NOTICE)
    assert set().union(*NOTICE.values()) == set(LISTED["stored"])


@pytest.mark.parametrize("table", ["opt_in", "subscription"])
def test_the_columns_are_the_listed_data(platform: Platform, table: str) -> None:
    found = columns(platform, "newsletter", table)
    assert {"email", "language", "created_at"} <= found
    assert found - KEYS <= set(LISTED["stored"])


async def known_to_brevo(anna: Person) -> dict[str, Any]:
    """The body in which Brevo was told of somebody."""
    await anna.subscribes()
    told = await until(lambda: requests_with(anna.platform, anna.canary, "brevo"), 10)
    body: dict[str, Any] = json.loads(base64.b64decode(told[0]["body"]))
    return body


async def test_what_a_reader_sees_of_it_is_the_listed_data(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        await anna.subscribes()
        (subscription,) = rows_by_store(await data_of(anna))["newsletter", "subscription"]
    assert subscription["email"] == anna.email
    assert set(subscription) - KEYS == set(LISTED["stored"])


async def test_brevo_gets_the_address_and_the_listed_attributes(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        contact = await known_to_brevo(anna)
        assert contact["email"] == anna.email
        assert set(contact["attributes"]) == set(LISTED["brevo_attributes"])
        assert anna.name not in json.dumps(contact, ensure_ascii=False)
