"""An erasure from the request to the closed case, on a real bus and a real database."""

import asyncio
import json
from html import unescape
from pathlib import Path

from contracts.holder import LOCATORS_BY_HOLDER, OWN_HOLDERS, RECIPIENT_HOLDERS, SERVICES
from contracts.personal_data import Locator
from contracts.receipt_log import LOG_KEYS
from kernel.certificate_check import check
from kernel.signature import public_key_of
from ops.verify_certificate import main as verify
from tests.integration.dsar.cases import Dsar

TRANSLATIONS = Path(__file__).parents[3] / "policies" / "translations"
CERTIFICATE_SENTENCES = [
    words for words in json.loads((TRANSLATIONS / "certificate.json").read_bytes()) if " " in words
]


async def test_everything_goes_and_a_certificate_proves_it(dsar: Dsar, tmp_path: Path) -> None:
    address = dsar.holders.person("account-of-the-first")
    dsar.holders.person("account-of-another")
    opened = await dsar.open("account-of-the-first", "erasure")
    closed = await dsar.until(opened, "closed")
    assert [holder.holder for holder in closed.holders] == list(OWN_HOLDERS)
    assert [recipient.recipient for recipient in closed.recipients] == list(RECIPIENT_HOLDERS)
    assert {held.state for held in closed.holders} == {recipient.state for recipient in closed.recipients} == {"done"}
    assert dsar.holders.left_of("account-of-the-first") == []
    assert len(dsar.holders.left_of("account-of-another")) == 8
    assert dsar.holders.blocked == ["account-of-the-first"]
    first, last = dsar.letters(address)
    assert first["text"].startswith(f"http://localhost:8000/privacy/requests/{opened.id}#token={opened.case_secret}")
    assert last["text"].startswith(f"http://localhost:8000/privacy/requests/{opened.id}#token=")
    file = tmp_path / "certificate.json"
    file.write_bytes(await dsar.certificate(opened))
    key = public_key_of(dsar.service.server.keys.secret("log"))
    assert verify([str(file), "--trust", key]) == 0
    assert verify([str(file), "--trust", "0" * 64]) == 1
    stored = dsar.service.stored_bytes()
    assert b"account-of-the-first" not in stored
    assert address.encode() not in stored


async def test_the_readable_certificate_speaks_the_persons_language(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-reader")
    opened = await dsar.open("account-of-the-reader", "erasure")
    await dsar.until(opened, "closed")
    page = (await dsar.certificate(opened, "html")).decode()
    assert "Raderingsintyg" in page
    assert "Kopior som laddats ner eller skickats före raderingen nås inte." in page
    assert "Åtgärdsliggaren <code>ledger_entry</code>" in page
    assert [sentence for sentence in CERTIFICATE_SENTENCES if sentence in unescape(page)] == []
    assert "Midgard AI AS" in page
    assert "<script" not in page


async def test_asking_twice_shows_the_same_case(dsar: Dsar) -> None:
    dsar.holders.person("account-in-a-hurry")
    dsar.holders.down.add("consent")
    first = await dsar.open("account-in-a-hurry", "erasure")
    second = await dsar.open("account-in-a-hurry", "erasure")
    assert (second.id, second.case_secret) == (first.id, first.case_secret)
    await dsar.holders.back("consent")
    await dsar.until(first, "closed")
    assert dsar.holders.blocked == ["account-in-a-hurry"]


async def test_recipients_are_waited_for_apart_and_the_certificate_is_issued_anew(dsar: Dsar) -> None:
    dsar.holders.person("account-with-newsletter")
    dsar.holders.down.add("brevo")
    opened = await dsar.open("account-with-newsletter", "erasure")
    waiting = await dsar.until(opened, "waiting_for_recipients")
    assert {held.state for held in waiting.holders} == {"done"}
    before = list(check(await dsar.certificate(opened), None))
    assert any("NOT YET COMPLETE at the recipients brevo" in words for words in before)
    await dsar.holders.back("brevo")
    await dsar.until(opened, "closed")
    after = list(check(await dsar.certificate(opened), None))
    assert any("each recipient (brevo, posthog)" in words for words in after)
    assert "dsar.command_locator" in before[-1]
    assert "dsar.command_locator" not in after[-1]


async def test_a_holder_that_comes_back_finishes_without_a_hand(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-patient")
    dsar.holders.down.add("consent")
    opened = await dsar.open("account-of-the-patient", "erasure")
    await asyncio.sleep(1)
    case = await dsar.case(opened)
    assert {held.holder for held in case.holders if held.state == "waiting"} == {"consent", "dsar"}
    await dsar.holders.back("consent")
    await dsar.until(opened, "closed", within_seconds=10)


async def test_nothing_is_asked_of_holders_before_the_account_is_blocked(dsar: Dsar) -> None:
    dsar.holders.person("account-not-blocked-yet")
    dsar.holders.down.add("auth")
    opened = await dsar.open("account-not-blocked-yet", "erasure")
    await asyncio.sleep(1)
    assert dsar.holders.told == []
    dsar.holders.down.clear()
    await dsar.until(opened, "closed")


async def test_sixteen_at_once_complete(dsar: Dsar) -> None:
    accounts = [f"account-of-many-{number:02}" for number in range(16)]
    for account in accounts:
        dsar.holders.person(account)
    opened = await asyncio.gather(*(dsar.open(account, "erasure") for account in accounts))
    await asyncio.gather(*(dsar.until(case, "closed") for case in opened))
    for account, case in zip(accounts, opened, strict=True):
        assert dsar.holders.left_of(account) == []
        assert len(list(check(await dsar.certificate(case), None))) == 9


async def test_a_holder_learns_only_the_kinds_it_declared(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-careful")
    opened = await dsar.open("account-of-the-careful", "erasure")
    await dsar.until(opened, "closed")
    told = {holder: set(command.locators) for holder, command in dsar.holders.told}
    assert told == {holder: set(kinds) for holder, kinds in LOCATORS_BY_HOLDER.items() if holder != "dsar"}
    assert Locator.EMAIL not in told["textproxy"] | told["analytics"] | told["posthog"]


async def test_a_certificate_outlives_the_log_key_and_the_receipt_keys(dsar: Dsar, tmp_path: Path) -> None:
    dsar.holders.person("account-before-the-change")
    opened = await dsar.open("account-before-the-change", "erasure")
    await dsar.until(opened, "closed")
    old = await dsar.certificate(opened)
    keys = dsar.service.server.keys
    before, after = keys.secret("log"), "0a" * 32
    dsar.service.change(
        log_seed=after,
        replaced_log_seed=before,
        receipt_keys=json.dumps(
            {name: public_key_of(f"{number:02x}" * 32) for number, name in enumerate(SERVICES, 20)}
        ),
    )
    await dsar.service.restart()
    new = await dsar.certificate(opened)
    for trusted in (before, after):
        assert len(list(check(new, public_key_of(trusted)))) == 9
    assert len(list(check(old, public_key_of(before)))) == 9
    published = await dsar.ask(LOG_KEYS)
    file, history = tmp_path / "certificate.json", tmp_path / "keys.json"
    file.write_bytes(old)
    history.write_text(published.model_dump_json())
    assert verify([str(file), "--trust", public_key_of(after)]) == 1
    assert verify([str(file), "--trust", public_key_of(after), "--keys", str(history)]) == 0
