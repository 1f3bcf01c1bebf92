"""The newsletter from outside: what readers get, what Brevo is told, what is kept."""

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.auth import ACCOUNT_LOCATORS, AccountLocators, AccountLocatorsRequest
from contracts.consent import (
    NEWSLETTER_CHOICE,
    NEWSLETTER_CHOSEN,
    NewsletterChoice,
    NewsletterChoiceRequest,
    NewsletterChosen,
)
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from contracts.newsletter import (
    CONFIRM,
    READER_LEFT,
    SUBSCRIBE,
    UNSUBSCRIBE,
    UNSUBSCRIBE_ADDRESS,
    ReaderLeft,
)
from contracts.personal_data import Locator
from tests.integration.emulators.running import Running
from tests.integration.newsletter.conftest import ENGINES, LIST_ID, Reader, token_of
from tests.support import http
from tests.support.nats import NatsServer
from tests.support.running_service import BusClient, RunningService
from tests.support.toy_dsar import ToyDsar
from tests.support.waiting import until

HEADERS = {
    *("host", "api-key", "user-agent", "accept", "accept-encoding", "connection"),
    *("content-type", "content-length"),
}


def bodies(brevo: Running, method: str) -> list[Any]:
    sent = [one for one in brevo.requests() if one["method"] == method]
    return [json.loads(base64.b64decode(one["body"])) for one in sent if one["body"]]


async def test_nothing_reaches_brevo_before_the_mailed_link_is_confirmed(reader: Reader, brevo: Running) -> None:
    await reader.subscribe()
    letter = await reader.letter()
    assert brevo.requests() == []
    assert letter["text"].startswith("http://localhost:8000/newsletter/confirm#token=")
    assert "nyhetsbrev" in letter["subject"]
    assert await reader.confirm(token_of(letter)) == "subscribed"
    contact = await until(reader.contact)
    assert contact["listIds"] == [LIST_ID]


@pytest.mark.parametrize(("language", "word"), [("sv", "nyhetsbrev"), ("nb", "nyhetsbrev"), ("en", "newsletter")])
async def test_letters_speak_the_readers_language(reader: Reader, language: str, word: str) -> None:
    await reader.subscribe(language)
    letter = await reader.letter()
    assert word in letter["subject"]
    assert f'lang="{language}"' in letter["html"]


async def test_brevo_is_told_the_listed_data_and_nothing_else(reader: Reader, brevo: Running) -> None:
    await reader.become_subscribed()
    (told,) = bodies(brevo, "POST")
    assert set(told) == {"email", "ext_id", "listIds", "attributes", "updateEnabled", "emailBlacklisted"}
    assert set(told["attributes"]) == {"LANGUAGE", "OPT_IN_AT"}
    assert told["email"] == "elev.ett@skola.example"
    headers = {name.lower() for one in brevo.requests() for name, _ in one["headers"]}
    assert headers <= HEADERS


async def test_a_link_confirms_once(reader: Reader, gateway: BusClient) -> None:
    await reader.subscribe()
    token = token_of(await reader.letter())
    await reader.confirm(token)
    assert (await gateway.refused(CONFIRM, {"token": token})).kind is ErrorKind.GONE
    assert (await gateway.refused(CONFIRM, {"token": "x" * 43})).kind is ErrorKind.GONE


async def test_a_link_ends_after_a_week(reader: Reader, service: RunningService, gateway: BusClient) -> None:
    await reader.subscribe()
    token = token_of(await reader.letter())
    await service.restart(clock_offset_seconds=timedelta(days=7, seconds=1).total_seconds())
    assert (await gateway.refused(CONFIRM, {"token": token})).kind is ErrorKind.GONE
    await until(lambda: reader.address.lower().encode() not in service.stored_bytes())


async def test_asking_again_when_subscribed_gets_a_letter_that_says_so(reader: Reader, gateway: BusClient) -> None:
    await reader.become_subscribed()
    await reader.subscribe()
    letter = await reader.letter(2)
    assert "redan" in letter["subject"]
    assert await reader.unsubscribe(token_of(letter)) == "unsubscribed"
    assert await reader.gone_from_brevo()


async def test_one_address_gets_a_handful_of_letters_an_hour(reader: Reader) -> None:
    for _ in range(7):
        await reader.subscribe()
    await reader.letter(4)
    assert len(reader.letters()) == 5


async def test_unsubscribing_erases_address_and_contact_and_may_be_repeated(
    reader: Reader, service: RunningService, brevo: Running
) -> None:
    token = await reader.become_subscribed()
    assert await reader.unsubscribe(token) == "unsubscribed"
    assert await reader.gone_from_brevo()
    assert await reader.unsubscribe(token) == "unsubscribed"
    assert not any("@" in one["path"] or "%40" in one["path"] for one in brevo.requests())
    assert reader.address.encode() not in service.log.read_bytes()


async def test_an_unknown_link_unsubscribes_nobody(gateway: BusClient) -> None:
    assert (await gateway.refused(UNSUBSCRIBE, {"token": "x" * 43})).kind is ErrorKind.GONE


@pytest.mark.parametrize("event", ["unsubscribe", "unsubscribed", "spam", "hard_bounce", "contact_deleted"])
async def test_brevos_word_ends_a_subscription(reader: Reader, event: str) -> None:
    await reader.become_subscribed()
    await reader.brevo_tells(event, ts_event=int(time.time()), camp_id=1)
    assert await reader.gone_from_brevo()


async def test_a_caseworker_unsubscribes_somebody_who_wrote_to_us(reader: Reader, gateway: BusClient) -> None:
    await reader.become_subscribed()
    for address in (reader.address, "unknown@skola.example"):
        await gateway.ask(UNSUBSCRIBE_ADDRESS, {"email": address}, role="staff")
    assert await reader.gone_from_brevo()


@asynccontextmanager
async def chosen_by_account(
    reader: Reader, server: NatsServer, service: RunningService, at: datetime, *, agreed: bool = False
) -> AsyncIterator[BusClient]:
    """auth and consent as they know an account of this reader, who chose at that time; yields consent."""

    async def whose(request: NewsletterChoiceRequest, caller: Caller) -> NewsletterChoice:
        return NewsletterChoice(account_id="a" * 22, agreed=agreed, at=at, language="sv")

    async def known(request: AccountLocatorsRequest, caller: Caller) -> AccountLocators:
        return AccountLocators(values={}, verified_addresses=[reader.address], name="Elev")

    async with BusClient("auth", server, service.clock) as auth, BusClient("consent", server, service.clock) as consent:
        await consent.tell(NEWSLETTER_CHOSEN, NewsletterChosen(record_id=new_id()))
        await consent.bus.serve(NEWSLETTER_CHOICE, whose)
        await auth.bus.serve(ACCOUNT_LOCATORS, known)
        await auth.bus.serving()
        await consent.bus.serving()
        yield consent


async def test_a_no_given_with_an_account_ends_its_subscription(
    reader: Reader, server: NatsServer, service: RunningService
) -> None:
    await reader.become_subscribed()
    async with chosen_by_account(reader, server, service, service.clock.now()):
        assert await reader.gone_from_brevo()


async def test_a_no_that_came_while_the_service_was_dead_is_heard_when_it_is_back(
    reader: Reader, server: NatsServer, service: RunningService
) -> None:
    await reader.become_subscribed()
    await service.kill()
    async with chosen_by_account(reader, server, service, service.clock.now()):
        await service.restart()
        assert await reader.gone_from_brevo()


async def test_a_yes_given_with_an_account_is_a_letter_first_and_leaving_again_is_told_to_consent(
    reader: Reader, server: NatsServer, service: RunningService, brevo: Running
) -> None:
    left: list[ReaderLeft] = []

    async def hear(event: ReaderLeft) -> None:
        left.append(event)

    async with chosen_by_account(reader, server, service, service.clock.now(), agreed=True) as consent:
        letter = await reader.letter()
        assert brevo.requests() == []
        assert await reader.confirm(token_of(letter)) == "subscribed"
        await until(reader.contact)
        await reader.unsubscribe(token_of(await reader.letter(1)))
        async with consent.consuming(READER_LEFT, hear):
            await until(lambda: left)
    assert len(left[0].record_id) == len(new_id())


async def test_a_stale_import_cannot_bring_a_reader_back(reader: Reader, brevo: Running) -> None:
    await reader.unsubscribe(await reader.become_subscribed())
    assert await reader.gone_from_brevo()
    imported = {"email": reader.address, "listIds": [LIST_ID]}
    import_contact(brevo, imported)
    await reader.brevo_tells("list_addition", list_id=[LIST_ID], ts=int(time.time()))
    assert await reader.gone_from_brevo()


async def test_an_import_keeps_its_other_lists(reader: Reader, brevo: Running) -> None:
    import_contact(brevo, {"email": reader.address, "listIds": [LIST_ID, 2]})
    await reader.brevo_tells("list_addition", list_id=[LIST_ID], ts=int(time.time()))
    await until(lambda: (reader.contact() or {}).get("listIds") == [2])


async def test_a_new_double_opt_in_outlives_an_older_word_of_brevos(reader: Reader) -> None:
    yesterday = int(time.time()) - 86_400
    await reader.unsubscribe(await reader.become_subscribed())
    assert await reader.gone_from_brevo()
    token = await reader.become_subscribed()
    await reader.brevo_tells("unsubscribed", ts_event=yesterday)
    assert reader.contact() is not None
    assert await reader.unsubscribe(token) == "unsubscribed"


async def test_a_call_back_needs_the_token(reader: Reader) -> None:
    for bearer in ("", "wrong"):
        with pytest.raises(Refusal) as refusal:
            await reader.brevo_tells("unsubscribed", bearer=bearer)
        assert refusal.value.kind is ErrorKind.UNAUTHENTICATED
    await reader.brevo_sends(json.dumps([{"event": "opened", "email": reader.address}, {"event": 5}, {}]))


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
async def test_poison_beside_a_healthy_event_is_put_aside_and_never_asked_for_again(
    reader: Reader, service: RunningService
) -> None:
    await reader.become_subscribed()
    poison = {"event": "unsubscribed", "email": "elev\x00@skola.example", "ts_event": int("9" * 400)}
    half = {"event": "spam", "email": reader.address, "message-id": "\ud800"}
    healthy = {"event": "unsubscribed", "email": reader.address}
    for _ in range(2):  # a repetition adds nothing
        await reader.brevo_sends(json.dumps([poison, half, 5, healthy]))
    assert await reader.gone_from_brevo()
    lines = [json.loads(line) for line in service.log.read_bytes().splitlines()]
    aside = [(line["kind"], line["reason"]) for line in lines if line.get("event") == "callback put aside"]
    assert aside == [
        ("unsubscribed", "unstorable-character"),
        ("spam", "unstorable-character"),
        ("", "not-an-object"),
    ]


async def test_a_call_back_that_is_no_json_is_malformed(reader: Reader) -> None:
    for body in ("", "{", "[" * 100_000, json.dumps([{}] * 501)):
        with pytest.raises(Refusal) as refusal:
            await reader.brevo_sends(body)
        assert refusal.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "body", [{"email": "none", "consent": True}, {"email": "a@b.example", "consent": False}, {"email": "a@b.example"}]
)
async def test_a_request_without_address_or_consent_is_refused(gateway: BusClient, body: dict[str, Any]) -> None:
    assert (await gateway.refused(SUBSCRIBE, body)).kind is ErrorKind.INVALID


async def test_what_brevo_refuses_for_a_while_is_done_later_even_after_a_crash(
    reader: Reader, service: RunningService, brevo: Running
) -> None:
    brevo.fault(status=503, times=4, match={"path": "/contacts"})
    await reader.subscribe()
    await reader.confirm(token_of(await reader.letter()))
    await until(lambda: len(brevo.requests()) >= 2)
    await service.kill()
    await service.restart(clock_offset_seconds=300)
    await until(reader.contact, within_seconds=20)
    assert len(brevo.get("/__emu/contacts")) == 1


async def test_brevo_is_left_alone_for_as_long_as_it_says(reader: Reader, brevo: Running) -> None:
    headers = {"x-sib-ratelimit-reset": "2"}
    brevo.fault(status=429, headers=headers, match={"path": "/contacts"})
    began = time.monotonic()
    await reader.become_subscribed()
    assert time.monotonic() - began >= 2


async def test_access_and_erasure_reach_the_database_and_brevo(
    reader: Reader, service: RunningService, server: NatsServer, brevo: Running
) -> None:
    other = Reader("annan@skola.example", reader.gateway, brevo, reader._smtp)  # noqa: SLF001 — its own mailbox
    await reader.become_subscribed()
    await other.become_subscribed()
    whom = {Locator.EMAIL: [reader.address.lower()]}
    async with ToyDsar(server) as dsar:
        held = await dsar.export("newsletter", whom)
        assert held["subscription"][0]["email"] == reader.address.lower()
        assert held["brevo"][0]["email"] == reader.address.lower()
        assert "unsubscribe_hash" not in held["subscription"][0]
        erasure = await dsar.erase(whom)
        own, recipient = await dsar.receipt(erasure, "newsletter"), await dsar.receipt(erasure, "brevo")
    assert own["erased"]["subscription"] == 1
    assert recipient["erased"] == {"brevo": 1}
    assert own["clean"]
    assert recipient["clean"]
    assert "suppression" in {kept["store"] for kept in own["retained"]}
    assert reader.contact() is None
    assert other.contact() is not None
    assert reader.address.lower().encode() not in service.stored_bytes()


async def test_an_erasure_waits_for_brevo_and_for_nothing_else(
    reader: Reader, server: NatsServer, brevo: Running
) -> None:
    await reader.become_subscribed()
    brevo.fault(status=503, times=7, match={"method": "DELETE"})
    async with ToyDsar(server) as dsar:
        erasure = await dsar.erase({Locator.EMAIL: [reader.address]})
        await dsar.receipt(erasure, "newsletter")
        assert reader.contact() is not None
        assert (await dsar.receipt(erasure, "brevo", within_seconds=30))["probe"] == {"brevo": 0}
    assert reader.contact() is None


def import_contact(brevo: Running, contact: dict[str, Any]) -> None:
    """Somebody imports a contact at Brevo, past us."""
    answer = http.post(f"{brevo.url}/v3/contacts", json=contact, headers={"api-key": "xkeysib-emulator"})
    assert answer.status_code == 201
