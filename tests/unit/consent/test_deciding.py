"""What follows from a wish: records, what stands, and whether the browser has a pseudonym."""

from collections.abc import Sequence
from datetime import timedelta

from services.consent.domain import (
    ACCOUNT_CONSENT_LASTS,
    VISITOR_CONSENT_LASTS,
    ActiveConsent,
    Change,
    Event,
    Kind,
    Shown,
    Wish,
    decide,
)
from tests.support.clock import START

VERSION = "2024-05-22"
SHOWN = Shown(controller="Midgard AI AS", version=VERSION, hash="a" * 64, language="sv", legal_basis="consent")
ACCOUNT, VISITOR = "account-0123456789", "visitor-0123456789"


def active_consent(kind: Kind, purpose: str, version: str = VERSION) -> ActiveConsent:
    subject_id = ACCOUNT if kind is Kind.ACCOUNT else VISITOR
    return ActiveConsent(
        kind=kind,
        subject_id=subject_id,
        purpose=purpose,
        notice_version=version,
        record_id="record",
        given_at=START - timedelta(days=1),
    )


def decided(
    active_consents: Sequence[ActiveConsent] = (),
    *,
    account: dict[str, bool] | None = None,
    cookies: dict[str, bool] | None = None,
    visitor_id: str | None = None,
) -> Change:
    wish = Wish(
        account_id=ACCOUNT, visitor_id=visitor_id, account_purposes=account or {}, cookie_purposes=cookies or {}
    )
    return decide(wish, active_consents, {VERSION}, SHOWN, START)


def events(change: Change) -> dict[str, str]:
    return {record.purpose: record.event for record in change.records}


def test_accepting_gives_the_browser_a_random_pseudonym() -> None:
    first, second = decided(cookies={"analytics": True}), decided(cookies={"analytics": True})
    assert first.visitor_id
    assert second.visitor_id
    assert first.visitor_id != second.visitor_id
    assert events(first) == {"analytics": Event.GIVEN}
    assert first.records[0].visitor_id == first.visitor_id
    assert first.records[0].account_id is None


def test_refusing_leaves_no_pseudonym_anywhere() -> None:
    change = decided(cookies={"analytics": False, "marketing": False})
    assert change.visitor_id is None
    assert events(change) == {"analytics": Event.REFUSED, "marketing": Event.REFUSED}
    assert all(record.visitor_id is None and record.account_id is None for record in change.records)


def test_accepting_one_more_keeps_the_pseudonym_and_the_first() -> None:
    before = [active_consent(Kind.VISITOR, "analytics")]
    change = decided(before, cookies={"marketing": True}, visitor_id=VISITOR)
    assert change.visitor_id == VISITOR
    assert change.accepted_cookies == {"analytics", "marketing"}
    assert change.ended == ()


def test_withdrawing_the_last_takes_the_pseudonym_away() -> None:
    before = [active_consent(Kind.VISITOR, "analytics")]
    change = decided(before, cookies={"analytics": False}, visitor_id=VISITOR)
    assert (change.visitor_id, change.retired) == (None, VISITOR)
    assert events(change) == {"analytics": Event.WITHDRAWN}
    assert change.records[0].visitor_id == VISITOR
    assert change.withdrawn == ("analytics",)
    assert change.ended == tuple(before)


def test_an_id_that_the_server_does_not_know_is_not_taken_over() -> None:
    change = decided(cookies={"analytics": True}, visitor_id=VISITOR)
    assert change.visitor_id != VISITOR


def test_account_and_browser_are_not_joined() -> None:
    change = decided(account={"text_tools": True}, cookies={"analytics": True})
    whose = {record.purpose: (record.account_id, record.visitor_id) for record in change.records}
    assert whose == {"text_tools": (ACCOUNT, None), "analytics": (None, change.visitor_id)}


def test_an_account_purpose_leaves_the_browser_alone() -> None:
    before = [active_consent(Kind.VISITOR, "analytics")]
    change = decided(before, account={"text_tools": True}, visitor_id=VISITOR)
    assert (change.visitor_id, change.retired) == (VISITOR, None)
    assert change.accepted_cookies == {"analytics"}
    assert {one.purpose for one in change.given} == {"text_tools"}


def test_a_consent_under_a_notice_that_changed_in_substance_is_none() -> None:
    old = active_consent(Kind.ACCOUNT, "text_tools", version="2020-01-01")
    assert not old.holds({VERSION}, START)
    change = decided([old], account={"text_tools": False})
    assert events(change) == {"text_tools": Event.REFUSED}


def test_consents_lapse() -> None:
    account, visitor = active_consent(Kind.ACCOUNT, "text_tools"), active_consent(Kind.VISITOR, "analytics")
    assert account.holds({VERSION}, account.given_at + ACCOUNT_CONSENT_LASTS - timedelta(seconds=1))
    assert not account.holds({VERSION}, account.given_at + ACCOUNT_CONSENT_LASTS)
    assert not visitor.holds({VERSION}, visitor.given_at + VISITOR_CONSENT_LASTS)


def test_a_record_has_the_fields_of_the_standard() -> None:
    (record,) = decided(account={"voice_tools": True}).records
    assert record.schema_version == "ISO/IEC TS 27560:2023"
    assert (record.controller, record.legal_basis, record.method) == ("Midgard AI AS", "consent", "web")
    assert (record.notice_version, record.notice_hash, record.language) == (VERSION, "a" * 64, "sv")
    assert (record.purpose, record.event, record.at) == ("voice_tools", "given", START)
    assert record.record_id != record.receipt_id
