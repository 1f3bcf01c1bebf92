"""See, give and withdraw consent, over fakes."""

from collections.abc import Mapping

import pytest

from contracts.consent import Purpose
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from kernel.visitor_choice import VisitorChoice
from services.consent.usecases.choosing import Choosing, Outcome, Person
from tests.support.clock import FakeClock
from tests.unit.consent.fakes import FakeAnnouncer, FakeConsents, FakeNotices, Interleaved

VERSION = "2024-05-22"


class World:
    def __init__(self) -> None:
        self.store = FakeConsents()
        self.consents = Interleaved(self.store)
        self.notices, self.announcer, self.clock = FakeNotices(), FakeAnnouncer(), FakeClock()
        self.choosing = Choosing(self.consents, self.notices, self.announcer, self.clock)
        self.anna = Person(account_id=new_id(), choice=None, language="sv")

    async def choose(self, purposes: Mapping[Purpose, bool], person: Person | None = None) -> Outcome:
        return await self.choosing.choose(person or self.anna, purposes, VERSION)


@pytest.fixture
def world() -> World:
    return World()


async def test_the_state_after_a_change_is_what_is_read_afterwards(world: World) -> None:
    for purposes in ({Purpose.TEXT_TOOLS: True}, {Purpose.VOICE_TOOLS: True}, {Purpose.TEXT_TOOLS: False}):
        outcome = await world.choose(purposes)
        granted, receipt_id = await world.choosing.state(world.anna)
        assert {purpose for purpose, agreed in outcome.purposes.items() if agreed} == granted
        assert receipt_id == outcome.records[0].receipt_id
    assert granted == {Purpose.VOICE_TOOLS}


async def test_a_browsers_state_follows_its_cookie(world: World) -> None:
    first = await world.choose({Purpose.ANALYTICS: True})
    browser = Person(account_id=world.anna.account_id, choice=first.cookie, language="sv")
    second = await world.choose({Purpose.TEXT_TOOLS: True}, browser)
    assert second.purposes[Purpose.ANALYTICS]
    assert second.cookie is None
    last = await world.choose({Purpose.ANALYTICS: False}, browser)
    assert not last.purposes[Purpose.ANALYTICS]
    assert last.purposes[Purpose.TEXT_TOOLS]
    assert last.cookie is not None
    assert last.cookie.visitor_id is None


async def test_a_forged_cookie_brings_no_id_of_its_own(world: World) -> None:
    forged = VisitorChoice(
        notice_version=VERSION, on=world.clock.now().date(), accepted={Purpose.ANALYTICS}, visitor_id=new_id()
    )
    outcome = await world.choose({Purpose.MARKETING: True}, Person(account_id=None, choice=forged, language="sv"))
    assert outcome.cookie is not None
    assert outcome.cookie.visitor_id != forged.visitor_id
    assert not outcome.purposes[Purpose.ANALYTICS]


async def test_a_notice_that_changes_meanwhile_is_not_consented_to(world: World) -> None:
    async def the_notice_changes() -> None:
        world.notices.version, world.notices.valid_versions = "2027-01-01", frozenset({"2027-01-01"})

    world.consents.before_change(the_notice_changes)
    with pytest.raises(Refusal) as refused:
        await world.choose({Purpose.TEXT_TOOLS: True})
    assert (refused.value.kind, refused.value.members["current"]) == (ErrorKind.CONFLICT, "2027-01-01")
    assert world.store.records == []
    assert world.announcer.told == []


async def test_a_yes_given_while_a_reader_leaves_is_another_one_and_stays(world: World) -> None:
    first = await world.choose({Purpose.NEWSLETTER: True})
    world.consents.before_change(lambda: world.choose({Purpose.NEWSLETTER: True}))
    await world.choosing.left_newsletter(first.records[0].record_id)
    assert await world.choosing.granted(world.anna.account_id, None) == {Purpose.NEWSLETTER}


async def test_leaving_says_how_and_is_told(world: World) -> None:
    given = await world.choose({Purpose.NEWSLETTER: True, Purpose.TEXT_TOOLS: True})
    record = next(one for one in given.records if one.purpose == Purpose.NEWSLETTER)
    await world.choosing.left_newsletter(record.record_id)
    await world.choosing.left_newsletter(record.record_id)
    assert [one.method for one in world.store.records if one.event == "withdrawn"] == ["newsletter"]
    assert world.announcer.told[1:] == [(world.anna.account_id, (), ("newsletter",))]
    assert await world.choosing.newsletter_choice(record.record_id) is None


async def test_a_choice_that_newsletter_asks_for_is_the_accounts_and_counts_while_active(world: World) -> None:
    yes = (await world.choose({Purpose.NEWSLETTER: True})).records[0]
    assert await world.choosing.newsletter_choice(yes.record_id) == yes
    no = (await world.choose({Purpose.NEWSLETTER: False})).records[0]
    assert await world.choosing.newsletter_choice(yes.record_id) is None
    assert await world.choosing.newsletter_choice(no.record_id) == no
    assert await world.choosing.newsletter_choice(new_id()) is None
