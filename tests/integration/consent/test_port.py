"""One behaviour suite for the port `Consents`: the fake of the unit tests, SQLite and PostgreSQL."""

from collections.abc import Sequence

import pytest

from contracts.consent import Purpose
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from services.consent.domain import ActiveConsent, Change, Record
from services.consent.usecases.choosing import Choosing, Person
from tests.integration.consent.stores import VERSION, Behind, deciding
from tests.unit.consent.fakes import FakeAnnouncer, FakeNotices, Interleaved


def purposes_of(active_consents: Sequence[ActiveConsent]) -> set[str]:
    return {one.purpose for one in active_consents}


async def test_what_is_given_is_active_and_what_is_withdrawn_is_not(behind: Behind) -> None:
    account_id = new_id()
    given = await behind.choose(account_id, text_tools=True, voice_tools=True)
    assert set(await behind.consents.active_consents(account_id, None)) == set(given.active)
    withdrawn = await behind.choose(account_id, text_tools=False)
    assert purposes_of(await behind.consents.active_consents(account_id, None)) == {"voice_tools"}
    assert withdrawn.withdrawn == ("text_tools",)
    assert list(await behind.consents.active_consents(None, None)) == []


async def test_an_account_and_a_browser_are_read_together_and_apart(behind: Behind) -> None:
    account_id = new_id()
    await behind.choose(account_id, text_tools=True)
    visitor_id = (await behind.choose_cookies(None, analytics=True)).visitor_id
    read = behind.consents.active_consents
    assert purposes_of(await read(account_id, None)) == {"text_tools"}
    assert purposes_of(await read(None, visitor_id)) == {"analytics"}
    assert purposes_of(await read(account_id, visitor_id)) == {"text_tools", "analytics"}
    assert purposes_of(await read(visitor_id, account_id)) == set()


async def test_the_newest_record_comes_first_whosever_it_is(behind: Behind) -> None:
    account_id = new_id()
    first = await behind.choose(account_id, text_tools=True)
    second = await behind.choose_cookies(None, analytics=True)
    third = await behind.choose(account_id, text_tools=False)
    everything = await behind.consents.history(account_id, second.visitor_id, 500)
    assert list(everything) == [*third.records, *second.records, *first.records]
    assert list(await behind.consents.history(account_id, second.visitor_id, 2)) == [*third.records, *second.records]
    active, newest = await behind.consents.state(account_id, second.visitor_id)
    assert (purposes_of(active), newest) == ({"analytics"}, third.records[0])
    nothing, none = await behind.consents.state(new_id(), None)
    assert (list(nothing), none) == ([], None)


async def test_a_retired_browser_leaves_no_record(behind: Behind) -> None:
    visitor_id = (await behind.choose_cookies(None, analytics=True)).visitor_id
    await behind.choose_cookies(visitor_id, analytics=False)
    assert list(await behind.consents.history(None, visitor_id, 500)) == []
    assert list(await behind.consents.active_consents(None, visitor_id)) == []


async def test_a_record_is_found_by_its_number_and_counts_while_it_is_active(behind: Behind) -> None:
    account_id = new_id()
    (yes,) = (await behind.choose(account_id, newsletter=True)).records
    (browsers,) = (await behind.choose_cookies(None, analytics=True)).records
    assert await behind.consents.account_record(yes.record_id) == (yes, True)
    (no,) = (await behind.choose(account_id, newsletter=False)).records
    assert await behind.consents.account_record(yes.record_id) == (yes, False)
    assert await behind.consents.account_record(no.record_id) == (no, False)
    assert await behind.consents.account_record(browsers.record_id) is None
    assert await behind.consents.account_record(new_id()) is None


async def test_what_is_refused_while_deciding_changes_nothing(behind: Behind) -> None:
    account_id = new_id()
    await behind.choose(account_id, text_tools=True)

    def refused(active_consents: Sequence[ActiveConsent]) -> Change:
        raise Refusal(ErrorKind.CONFLICT, "notice-version")

    with pytest.raises(Refusal):
        await behind.consents.change(account_id, None, refused)
    assert purposes_of(await behind.consents.active_consents(account_id, None)) == {"text_tools"}
    await behind.choose(account_id, voice_tools=True)
    assert len(await behind.consents.history(account_id, None, 500)) == 2


async def test_only_an_active_consent_is_changed_by_its_number(behind: Behind) -> None:
    account_id = new_id()
    (first,) = (await behind.choose(account_id, newsletter=True)).records
    (second,) = (await behind.choose(account_id, newsletter=True)).records

    def withdrawn(record: Record, active_consents: Sequence[ActiveConsent]) -> Change:
        assert record.account_id == account_id
        return deciding(behind.clock, account_id=account_id, account={record.purpose: False})(active_consents)

    assert await behind.consents.change_resting_on(first.record_id, withdrawn) is None
    assert await behind.consents.change_resting_on(new_id(), withdrawn) is None
    assert await behind.consents.account_record(second.record_id) == (second, True)
    change = await behind.consents.change_resting_on(second.record_id, withdrawn)
    assert change is not None
    assert change.withdrawn == ("newsletter",)
    assert list(await behind.consents.active_consents(account_id, None)) == []


async def test_a_yes_that_is_given_while_a_reader_leaves_stays(behind: Behind) -> None:
    account_id = new_id()
    (first,) = (await behind.choose(account_id, newsletter=True)).records
    consents = Interleaved(behind.consents)
    consents.before_change(lambda: behind.choose(account_id, newsletter=True))
    choosing = Choosing(consents, FakeNotices(), FakeAnnouncer(), behind.clock)
    await choosing.left_newsletter(first.record_id)
    assert purposes_of(await behind.consents.active_consents(account_id, None)) == {"newsletter"}


async def test_consent_to_a_notice_that_changes_meanwhile_is_refused(behind: Behind) -> None:
    account_id, notices = new_id(), FakeNotices()
    consents = Interleaved(behind.consents)

    async def the_notice_changes() -> None:
        notices.version = "2027-01-01"

    consents.before_change(the_notice_changes)
    choosing = Choosing(consents, notices, FakeAnnouncer(), behind.clock)
    with pytest.raises(Refusal) as refused:
        await choosing.choose(
            Person(account_id=account_id, choice=None, language="sv"), {Purpose.NEWSLETTER: True}, VERSION
        )
    assert refused.value.kind is ErrorKind.CONFLICT
    assert list(await behind.consents.history(account_id, None, 500)) == []


async def test_nothing_is_recorded_for_an_erased_account_any_more(behind: Behind) -> None:
    account_id, other = new_id(), new_id()
    for one in (account_id, other):
        await behind.choose(one, text_tools=True)
    await behind.erase(account_id)
    await behind.erase(account_id)
    for agreed in (True, False):
        with pytest.raises(Refusal) as refused:
            await behind.choose(account_id, text_tools=agreed)
        assert refused.value.kind is ErrorKind.UNAUTHENTICATED
    active, newest = await behind.consents.state(account_id, None)
    assert (list(active), newest) == ([], None)
    assert (await behind.choose(other, text_tools=False)).withdrawn == ("text_tools",)


async def test_a_browser_that_was_erased_with_its_account_chooses_anew(behind: Behind) -> None:
    account_id = new_id()
    await behind.erase(account_id)
    assert (await behind.choose_cookies(None, analytics=True)).visitor_id
