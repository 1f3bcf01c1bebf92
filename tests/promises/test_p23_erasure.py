"""P23: Erasure at any time, except what the law obliges or needs, each named with article, reason and end date."""

import asyncio
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.holder import OWN_HOLDERS, RECIPIENT_HOLDERS
from ops import verify_certificate
from tests.support.canary import Canary
from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.pseudonyms import pseudonym_at_posthog, visitor_id
from tests.support.rights import CaseFollowed, data_of, log_key, rows_by_store, steady, verified
from tests.support.spans import SpanSink
from tests.support.stores import Stores
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = [pytest.mark.promise("P23"), pytest.mark.xdist_group("p23")]

CHANGES = 200
# What moves by itself: when somebody was last seen.
MOVING = ("last_seen_at",)


@dataclass
class Left:
    """Somebody who was in every holder and left, and somebody who stayed."""

    words: dict[str, Canary]
    held_before: set[str]
    places_before: set[str]
    opened_before: bytes
    opened_afterwards: bytes
    case: dict[str, Any]
    certificate: Path
    page: str
    contacts_before: list[Any]
    stayed_before: str
    stayed_after: str


async def lives(person: Person) -> dict[str, Canary]:
    """Be planted in every holder; the words by which one could be found there."""
    platform = person.platform
    await person.registers()
    await person.logs_in()
    await person.consents(text_tools=True, voice_tools=True, analytics=True)
    me = await person.me()
    await person.uses("Solen skiner och barnen leker.")
    assert (await person.browser.post("/api/speech/token")).status_code == 200
    event = {"event": "page_viewed", "properties": {"page": "/tools"}}
    assert (await person.browser.post("/api/analytics/events", event)).status_code == 204
    await person.subscribes()
    await until(lambda: requests_with(platform, person.canary, "brevo"), 10)
    await person.invokes("access")
    assert (await person.browser.post("/api/privacy/lookups", {"email": person.email})).status_code == 202
    return {
        "e-mail and name": person.canary,
        "account": Canary(me["account_id"]),
        "browser": Canary(visitor_id(person)),
        "analytics": Canary(await pseudonym_at_posthog(person)),
    }


async def quiet(person: Person) -> dict[str, Any]:
    """Everything held about somebody, once no letter is on its way."""
    async with asyncio.timeout(10):
        found = await data_of(person)
        while any(store == "mail_queue" for _, store in rows_by_store(found)):
            found = await data_of(person)
    return found


def found_in_body(places: dict[str, list[str]]) -> set[str]:
    return {word for words in places.values() for word in words}


@pytest.fixture(scope="module")
def left(platform: Platform, spans: SpanSink, tmp_path_factory: pytest.TempPathFactory) -> Left:
    return asyncio.run(one_leaves_and_one_stays(platform, spans, tmp_path_factory.mktemp("left")))


async def one_leaves_and_one_stays(platform: Platform, spans: SpanSink, folder: Path) -> Left:
    stores = Stores(platform, spans)
    async with somebody(platform) as anna, somebody(platform) as berit:
        words, _ = await asyncio.gather(lives(anna), lives(berit))
        stayed_before = steady(await quiet(berit), *MOVING)
        held_before = {service for service, _ in rows_by_store(await data_of(anna))}
        places_before, sealed_before = stores.holding(words.values()), stores.sealed()
        opened_before = stores.opened(sealed_before)
        contacts_before = platform.emu("brevo").get("contacts")
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        closed = await case.until("closed")
        exported = len(spans.exports())
        await spans.until_exported(b"dsar", after=exported)
        return Left(
            words=words,
            held_before=held_before,
            places_before=found_in_body(places_before),
            opened_before=opened_before,
            opened_afterwards=stores.opened(sealed_before) + stores.opened(stores.sealed()),
            case=closed,
            certificate=await case.certificate(folder),
            page=await case.readable_certificate(),
            contacts_before=contacts_before,
            stayed_before=stayed_before,
            stayed_after=steady(await quiet(berit), *MOVING),
        )


def test_the_person_was_in_the_stores_and_can_be_found_there_by_every_word(left: Left) -> None:
    """Without this, finding nothing afterwards would prove nothing."""
    assert left.held_before >= {"auth", "textproxy", "speechtoken", "consent", "newsletter", "analytics", "dsar"}
    assert left.places_before == {str(word) for name, word in left.words.items() if name != "e-mail and name"}
    assert left.words["e-mail and name"].is_in(left.opened_before)


def test_address_and_name_are_readable_in_no_file_at_any_time(left: Left) -> None:
    """Not even while the account lives: only whoever has the installation's keys reads them."""
    assert str(left.words["e-mail and name"]) not in left.places_before


def test_a_copy_made_before_the_erasure_opens_with_no_key_that_is_left(left: Left) -> None:
    assert not left.words["e-mail and name"].is_in(left.opened_afterwards)
    assert b"@" in left.opened_afterwards, "other people's values still open"


@pytest.mark.parametrize("word", ["e-mail and name", "account", "browser"])
def test_afterwards_not_one_byte_of_any_store_holds_them(left: Left, stores: Stores, word: str) -> None:
    assert stores.holding([left.words[word]]) == {}


def test_the_pseudonym_at_posthog_stays_only_where_the_certificate_says_so(left: Left, stores: Stores) -> None:
    """One more look for events that come late; linked to nobody any more."""
    places = stores.holding([left.words["analytics"]])
    if places:
        retained = json.loads(left.certificate.read_bytes())["retained"]
        assert "posthog_deletion" in {entry["store"] for entry in retained}
    assert {Path(place).parts[1] for place in places} <= {"analytics"}


def test_brevo_and_posthog_know_them_no_longer(left: Left, platform: Platform) -> None:
    contacts = json.dumps(platform.emu("brevo").get("contacts"))
    kept = json.dumps([platform.emu("posthog").get("events"), platform.emu("posthog").get("persons")])
    assert str(left.words["e-mail and name"]) in json.dumps(left.contacts_before)
    assert not [name for name, word in left.words.items() if word.is_in((contacts + kept).encode())]


def test_what_another_person_has_stored_is_unchanged(left: Left) -> None:
    assert left.stayed_after == left.stayed_before
    assert len(left.stayed_before) > 500


def test_every_holder_and_every_recipient_is_done(left: Left) -> None:
    done = [entry["holder"] for entry in left.case["holders"] if entry["state"] == "done" and entry["at"]]
    told = [entry["recipient"] for entry in left.case["recipients"] if entry["state"] == "done" and entry["at"]]
    assert done == list(OWN_HOLDERS)
    assert told == list(RECIPIENT_HOLDERS)


def test_what_is_retained_is_named_with_article_reason_and_end(left: Left) -> None:
    retained = json.loads(left.certificate.read_bytes())["retained"]
    assert retained
    for entry in retained:
        assert re.search(r"\d+\(\d", entry["article"]) or "Art. " in entry["article"]
        assert len(entry["reason"]) > 20
        assert datetime.fromisoformat(entry["until"]).replace(tzinfo=UTC) > datetime.fromisoformat(
            "2026-01-01T00:00:00Z"
        )
        assert entry["store"] in left.page


def test_the_certificate_holds_nothing_by_which_the_person_is_found(left: Left) -> None:
    for form in (left.certificate.read_bytes(), left.page.encode()):
        assert not [name for name, word in left.words.items() if word.is_in(form)]


def test_the_certificate_verifies_offline_against_a_key_from_outside(left: Left, platform: Platform) -> None:
    checked = verified(left.certificate, "--trust", log_key(platform))
    assert checked.returncode == 0, checked.stderr


def test_the_certificate_is_refused_under_another_key(left: Left) -> None:
    assert verified(left.certificate, "--trust", "0" * 64).returncode == 1


def one_byte_changes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Changes at places all over the file; half of them keep the file printable."""
    dice = random.Random(23)  # noqa: S311  # places to try, not secrets
    for place in dice.sample(range(len(data)), min(CHANGES, len(data))):
        other = dice.choice([data[place] ^ 1, data[place] ^ 0x20, dice.randrange(256)])
        if other != data[place]:
            yield place, data[:place] + bytes([other]) + data[place + 1 :]


def test_a_change_of_one_byte_anywhere_is_rejected(
    left: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "changed.json"
    accepted = []
    for place, data in one_byte_changes(left.certificate.read_bytes()):
        changed.write_bytes(data)
        if verify_certificate.main([str(changed)]) == 0:
            accepted.append(place)
    capsys.readouterr()
    assert accepted == []


async def test_a_person_who_never_consented_to_anything_can_be_erased_just_as_well(
    platform: Platform, stores: Stores, tmp_path: Path
) -> None:
    async with a_teacher(platform) as anna:
        case = CaseFollowed(anna, await anna.invokes("erasure"))
        await case.until("closed")
        assert verified(await case.certificate(tmp_path)).returncode == 0
        assert stores.holding([anna.canary]) == {}
