"""The consent service on a real bus with a real database: what a browser, the gateway and dsar see of it."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from chassis.bus import Answer
from contracts import consent
from contracts.consent import VISITOR_COOKIE, Purpose
from contracts.errors import ErrorKind
from contracts.identifiers import new_id
from contracts.newsletter import READER_LEFT, ReaderLeft
from contracts.personal_data import Locator
from kernel.visitor_choice import VisitorChoice
from services.consent.domain import VISITOR_CONSENT_LASTS
from tests.support.nats import NatsServer
from tests.support.running_service import BusClient, RunningService, cookie_of
from tests.support.toy_dsar import ToyDsar
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

VERSION = "2024-05-22"


@dataclass
class ConsentWorld:
    service: RunningService
    gateway: BusClient
    analytics: BusClient
    newsletter: BusClient
    heard: list[consent.ConsentChanged]
    told: list[str]

    async def choose(self, purposes: Mapping[str, bool], **caller: Any) -> Answer:
        body = {"purposes": dict(purposes), "notice_version": VERSION}
        return await self.gateway.ask(consent.SET, body, **caller)

    async def granted(self, account_id: str | None = None, visitor_id: str | None = None) -> set[Purpose]:
        body = {"account_id": account_id, "visitor_id": visitor_id}
        return set((await self.gateway.get(consent.GRANTED, consent.Granted, body)).purposes)

    async def state(self, **caller: Any) -> consent.ConsentState:
        return await self.gateway.get(consent.GET, consent.ConsentState, **caller)

    async def receipts(self, **caller: Any) -> list[consent.Receipt]:
        return (await self.gateway.get(consent.RECEIPTS, consent.Receipts, **caller)).receipts


def evidence_kept(world: ConsentWorld) -> list[tuple[str, str]]:
    """Purpose and event of every piece of evidence."""
    with contextlib.closing(sqlite3.connect(world.service.database)) as database:
        return database.execute("SELECT purpose, event FROM consent_evidence ORDER BY purpose, event").fetchall()


def choice_in(answer: Answer) -> tuple[str, VisitorChoice]:
    """The cookie's value and what it says."""
    cookie = cookie_of(answer)
    assert cookie is not None
    assert cookie.name == VISITOR_COOKIE
    assert cookie.value is not None
    choice = VisitorChoice.parse(cookie.value)
    assert choice is not None
    return cookie.value, choice


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nats(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(nats: NatsServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ConsentWorld]:
    heard: list[consent.ConsentChanged] = []
    told: list[str] = []

    async def hear(signal: consent.ConsentChanged) -> None:
        heard.append(signal)

    async def hear_choice(event: consent.NewsletterChosen) -> None:
        told.append(event.record_id)

    service = RunningService("consent", nats, tmp_path_factory.mktemp("consent"), evidence_key="5a" * 32)
    gateway, analytics = BusClient("gateway", nats, service.clock), BusClient("analytics", nats, service.clock)
    newsletter = BusClient("newsletter", nats, service.clock)
    async with service, gateway, analytics, newsletter:
        await analytics.bus.listen(consent.CHANGED, hear)
        await analytics.bus.serving()
        async with newsletter.consuming(consent.NEWSLETTER_CHOSEN, hear_choice):
            yield ConsentWorld(service, gateway, analytics, newsletter, heard, told)


@pytest.fixture
def account_id() -> str:
    return new_id()


async def test_before_any_choice_nothing_is_granted(world: ConsentWorld) -> None:
    state = await world.state()
    assert not any(state.purposes.values())
    assert set(state.purposes) == set(Purpose)
    assert (state.chosen, state.receipt_id, state.notice_version) == (False, None, VERSION)


async def test_an_account_gives_and_withdraws(world: ConsentWorld, account_id: str) -> None:
    given = consent.ConsentSet.model_validate_json(
        (await world.choose({"text_tools": True}, account_id=account_id)).body
    )
    assert given.purposes[Purpose.TEXT_TOOLS]
    assert await world.granted(account_id) == {Purpose.TEXT_TOOLS}
    await world.choose({"voice_tools": True}, account_id=account_id)
    assert await world.granted(account_id) == {Purpose.TEXT_TOOLS, Purpose.VOICE_TOOLS}
    await world.choose({"text_tools": False}, account_id=account_id)
    assert await world.granted(account_id) == {Purpose.VOICE_TOOLS}


async def test_a_receipt_shows_what_was_shown(world: ConsentWorld, account_id: str) -> None:
    answer = await world.choose({"text_tools": True}, account_id=account_id, language="nb")
    receipt = consent.ConsentSet.model_validate_json(answer.body).receipt
    text = await world.gateway.get(consent.POLICY_TEXT, consent.PolicyText, {"version": VERSION, "lang": "nb"})
    assert (receipt.notice_hash, receipt.language, receipt.method) == (text.hash, "nb", "web")
    assert (receipt.controller, receipt.purposes) == ("Midgard AI AS", {Purpose.TEXT_TOOLS: True})
    assert (await world.receipts(account_id=account_id))[0] == receipt
    assert (await world.state(account_id=account_id)).receipt_id == receipt.receipt_id


async def test_account_purposes_need_a_session(world: ConsentWorld) -> None:
    body = {"purposes": {"text_tools": True}, "notice_version": VERSION}
    assert (await world.gateway.refused(consent.SET, body)).kind is ErrorKind.UNAUTHENTICATED


async def test_consent_to_another_notice_is_a_conflict_that_names_the_current_one(world: ConsentWorld) -> None:
    body = {"purposes": {"analytics": True}, "notice_version": "2020-01-01"}
    refused = await world.gateway.refused(consent.SET, body)
    assert (refused.kind, refused.members["current"]) == (ErrorKind.CONFLICT, VERSION)


async def test_unknown_purposes_are_refused(world: ConsentWorld, account_id: str) -> None:
    body = {"purposes": {"everything": True}, "notice_version": VERSION}
    assert (await world.gateway.refused(consent.SET, body, account_id=account_id)).kind is ErrorKind.INVALID


async def test_a_browser_accepts_adds_and_withdraws(world: ConsentWorld) -> None:
    cookie, first = choice_in(await world.choose({"analytics": True, "marketing": False}))
    assert first.visitor_id is not None
    assert await world.granted(visitor_id=first.visitor_id) == {Purpose.ANALYTICS}
    assert (await world.state(visitor_choice=cookie)).chosen
    cookie, second = choice_in(await world.choose({"marketing": True}, visitor_choice=cookie))
    assert second.visitor_id == first.visitor_id
    assert await world.granted(visitor_id=first.visitor_id) == {Purpose.ANALYTICS, Purpose.MARKETING}
    cookie, third = choice_in(await world.choose({"marketing": False, "analytics": False}, visitor_choice=cookie))
    assert third.visitor_id is None
    assert await world.granted(visitor_id=first.visitor_id) == set()
    former = VisitorChoice(
        notice_version=VERSION, on=third.on, accepted={Purpose.ANALYTICS}, visitor_id=first.visitor_id
    )
    assert await world.receipts(visitor_choice=former.render()) == []
    assert (await world.state(visitor_choice=cookie)).chosen


async def of_newsletter(world: ConsentWorld, record_id: str) -> consent.NewsletterChoice:
    return await world.newsletter.get(consent.NEWSLETTER_CHOICE, consent.NewsletterChoice, {"record_id": record_id})


async def chosen_by(world: ConsentWorld, account_id: str, count: int) -> list[str]:
    """The numbers of the choices that newsletter was told of, once there are so many of this account's."""
    theirs: list[str] = []
    async with asyncio.timeout(10):
        while len(theirs) < count:
            await asyncio.sleep(0.02)
            theirs += [one for one in world.told if (await of_newsletter(world, one)).account_id == account_id]
            theirs = list(dict.fromkeys(theirs))
    return theirs


async def test_newsletter_hears_of_every_choice_and_a_yes_counts_while_it_stands(
    world: ConsentWorld, account_id: str
) -> None:
    await world.choose({"newsletter": True}, account_id=account_id, language="nb")
    (yes,) = await chosen_by(world, account_id, 1)
    chosen = await of_newsletter(world, yes)
    assert (chosen.account_id, chosen.agreed, chosen.language) == (account_id, True, "nb")
    await world.choose({"newsletter": False}, account_id=account_id)
    (no,) = await chosen_by(world, account_id, 1)
    assert (await of_newsletter(world, yes)).account_id is None
    assert (await of_newsletter(world, no)).agreed is False
    assert (await of_newsletter(world, new_id())).account_id is None


async def test_leaving_the_newsletter_withdraws_the_consent_that_it_rested_on_and_says_how(
    world: ConsentWorld, account_id: str
) -> None:
    await world.choose({"newsletter": True, "text_tools": True}, account_id=account_id)
    (yes,) = await chosen_by(world, account_id, 1)
    await world.newsletter.tell(READER_LEFT, ReaderLeft(record_id=yes))
    async with asyncio.timeout(10):
        while Purpose.NEWSLETTER in await world.granted(account_id):
            await asyncio.sleep(0.02)
    assert await world.granted(account_id) == {Purpose.TEXT_TOOLS}
    assert (await world.receipts(account_id=account_id))[0].method == "newsletter"

    await world.choose({"newsletter": True}, account_id=account_id)
    await world.newsletter.tell(READER_LEFT, ReaderLeft(record_id=yes))
    await asyncio.sleep(0.5)
    assert Purpose.NEWSLETTER in await world.granted(account_id), "a consent given since is another one"


async def test_a_refusal_has_a_receipt_and_no_id(world: ConsentWorld) -> None:
    answer = await world.choose({"analytics": False, "marketing": False})
    cookie, choice = choice_in(answer)
    reply = consent.ConsentSet.model_validate_json(answer.body)
    assert choice.visitor_id is None
    assert reply.chosen
    assert reply.receipt.purposes == {Purpose.ANALYTICS: False, Purpose.MARKETING: False}
    assert await world.receipts(visitor_choice=cookie) == []


async def test_a_forged_cookie_grants_nothing(world: ConsentWorld) -> None:
    forged = f"notice:{VERSION}&on:2026-11-02&accepted:analytics.marketing&id={new_id()}".replace("id=", "id:")
    state = await world.state(visitor_choice=forged)
    assert not any(state.purposes.values())


async def test_an_account_choice_sets_no_cookie(world: ConsentWorld, account_id: str) -> None:
    assert cookie_of(await world.choose({"text_tools": True}, account_id=account_id)) is None


async def test_everything_is_withdrawn_at_once_and_told_before_the_answer(world: ConsentWorld, account_id: str) -> None:
    await world.choose({"text_tools": True, "voice_tools": True}, account_id=account_id)
    cookie, choice = choice_in(await world.choose({"analytics": True}, account_id=account_id))
    world.heard.clear()
    answer = await world.gateway.ask(consent.WITHDRAW_ALL, account_id=account_id, visitor_choice=cookie)
    (heard,) = await until(lambda: [one for one in world.heard if one.account_id == account_id and one.withdrawn])
    assert (heard.account_id, heard.visitor_id) == (account_id, choice.visitor_id)
    assert set(heard.withdrawn) == {Purpose.TEXT_TOOLS, Purpose.VOICE_TOOLS, Purpose.ANALYTICS}
    assert await world.granted(account_id, choice.visitor_id) == set()
    assert choice_in(answer)[1].visitor_id is None
    assert not any(consent.ConsentSet.model_validate_json(answer.body).purposes.values())


async def test_history_shows_both_directions_newest_first(world: ConsentWorld, account_id: str) -> None:
    for given in (True, False, True):
        await world.choose({"text_tools": given}, account_id=account_id)
    history = await world.receipts(account_id=account_id)
    assert [one.purposes[Purpose.TEXT_TOOLS] for one in history] == [True, False, True]
    assert history[0].at >= history[-1].at


async def test_many_at_once_keep_the_chain_whole(world: ConsentWorld) -> None:
    accounts = [new_id() for _ in range(16)]
    await asyncio.gather(*(world.choose({"text_tools": True}, account_id=one) for one in accounts))
    assert [await world.granted(one) for one in accounts] == [{Purpose.TEXT_TOOLS}] * 16
    await world.service.restart()
    assert "consent chain broken" not in world.service.log.read_text()


async def test_everything_outlives_a_crash(world: ConsentWorld, account_id: str) -> None:
    await world.choose({"text_tools": True}, account_id=account_id)
    await world.service.kill()
    await world.service.restart()
    assert await world.granted(account_id) == {Purpose.TEXT_TOOLS}


async def test_a_browsers_consent_lapses(world: ConsentWorld) -> None:
    _, choice = choice_in(await world.choose({"analytics": True}))
    await world.service.restart(clock_offset_seconds=VISITOR_CONSENT_LASTS.total_seconds() + 60)
    granted = await world.granted(visitor_id=choice.visitor_id)
    await world.service.restart(clock_offset_seconds=0)
    assert granted == set()


async def test_the_policy_names_its_parts(world: ConsentWorld) -> None:
    policy = await world.gateway.get(consent.POLICY, consent.PolicyVersion)
    assert (policy.version, policy.languages) == (VERSION, ["sv", "nb", "en"])
    assert policy.controller["organisation_number"] == "932739798"
    missing = await world.gateway.refused(consent.POLICY_TEXT, {"version": "1999-01-01", "lang": "sv"})
    assert missing.kind is ErrorKind.NOT_FOUND


async def test_an_erasure_leaves_evidence_that_points_to_nobody(
    world: ConsentWorld, nats: NatsServer, account_id: str
) -> None:
    other = new_id()
    await world.choose({"text_tools": True}, account_id=other)
    _, choice = choice_in(await world.choose({"analytics": True}, account_id=account_id))
    assert choice.visitor_id is not None
    await world.choose({"text_tools": True}, account_id=account_id)
    whom = {Locator.ACCOUNT_ID: [account_id], Locator.VISITOR_ID: [choice.visitor_id]}
    async with ToyDsar(nats) as dsar:
        before = evidence_kept(world)
        exported = await dsar.export("consent", whom)
        assert {row["purpose"] for row in exported["consent_record"]} == {"analytics", "text_tools"}
        receipt = await dsar.receipt(await dsar.erase(whom), "consent")
    assert receipt["clean"] is True
    assert receipt["erased"]["consent_record"] == 2
    assert evidence_kept(world) == sorted([*before, ("analytics", "given"), ("text_tools", "given")])
    (retained,) = [one for one in receipt["retained"] if one["store"] == "consent_evidence"]
    assert retained["article"] == "Art. 17(3)(e)"
    assert await world.granted(account_id, choice.visitor_id) == set()
    stored = world.service.stored_bytes()
    assert account_id.encode() not in stored
    assert choice.visitor_id.encode() not in stored
    assert await world.granted(other) == {Purpose.TEXT_TOOLS}
    for call, body in (
        (consent.SET, {"purposes": {"text_tools": True}, "notice_version": VERSION}),
        (consent.WITHDRAW_ALL, {}),
    ):
        late = await world.gateway.refused(call, body, account_id=account_id)
        assert (late.kind, late.reason) == (ErrorKind.UNAUTHENTICATED, "account-erased")
    assert await world.receipts(account_id=account_id) == []
    assert account_id.encode() not in world.service.stored_bytes()
    await world.service.restart()
    assert "consent chain broken" not in world.service.log.read_text()
