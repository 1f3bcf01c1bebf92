"""Erasure: rows gone, others' rows there, the receipt true, and whatever interrupts it, the same end."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from chassis.database import Session
from chassis.holder import PersonalDataHolder, StillHeld
from chassis.inventory import UndeclaredStore
from chassis.mail import Letter, post
from chassis.sealing import sealing_of
from contracts.dsar import Claim
from contracts.fulfilment import Command, CommandKind, HolderReceipt
from kernel.erasure_receipt import fault_of
from kernel.signature import public_key_of
from tests.support.clock import FakeClock
from tests.support.toy_service import INVENTORY, RECEIPT_SEED, RECIPIENT, SERVICE, TABLES, Toy, table

KEY = public_key_of(RECEIPT_SEED)


async def receipts(toy: Toy) -> list[HolderReceipt]:
    await toy.relay.publish_waiting()
    return [HolderReceipt.model_validate_json(payload) for _, payload, _ in toy.published.messages]


async def body(toy: Toy) -> dict[str, Any]:
    return (await receipts(toy))[-1].body


async def test_erasure_removes_the_persons_rows_and_nobody_elses(toy: Toy) -> None:
    await toy.add_person("anna", notes=3, number=1)
    await toy.add_person("bo", notes=2, number=2)
    await toy.holder.erase(SERVICE, toy.ask_to_erase("anna"))
    assert [row["id"] for row in await toy.rows("person")] == ["id-bo"]
    assert {row["person_id"] for row in await toy.rows("note")} == {"id-bo"}


async def test_the_receipt_states_counts_what_is_retained_and_a_clean_probe(toy: Toy) -> None:
    await toy.add_person("anna", notes=3)
    await toy.holder.erase(SERVICE, toy.ask_to_erase("anna"))
    stated = await body(toy)
    assert stated["erased"] == {"person": 1, "note": 3, "mail_queue": 0, "restriction": 0}
    assert stated["probe"] == {"person": 0, "note": 0, "mail_queue": 0, "restriction": 0}
    assert stated["clean"] is True
    assert [kept["store"] for kept in stated["retained"]] == ["payment", "recipient_command", "recipient_erasure"]
    assert stated["retained"][0] == {
        "store": "payment", "article": "Art. 17(3)(b)", "reason": "the law on bookkeeping",
        "until": "2033-10-31T08:00:00Z",
    }  # fmt: skip
    assert len(await toy.rows("payment")) == 1


async def test_the_receipt_is_signed_and_published_under_the_holders_subject(toy: Toy) -> None:
    await toy.add_person("anna")
    await toy.holder.erase(SERVICE, toy.ask_to_erase("anna"))
    receipt = (await receipts(toy))[0]
    assert fault_of(receipt.body, receipt.signature, KEY) is None
    assert receipt.body["inventory_hash"] == INVENTORY.hash()
    assert toy.published.messages[0][0] == "evt.dsar.erasure.completed.v1.newsletter"
    assert "anna" not in json.dumps(receipt.body)


async def test_waiting_letters_to_the_address_are_erased_however_it_is_written(toy: Toy) -> None:
    await toy.add_person("anna")
    letter = Letter(to="Anna@School.example", subject="Hello", text="Hello", html="<p>Hello</p>")
    await toy.database.write(post, TABLES, letter)
    await toy.holder.erase(SERVICE, toy.ask_to_erase("anna"))
    assert (await body(toy))["erased"]["mail_queue"] == 1
    assert await toy.rows("mail_queue") == []
    assert (await toy.database.read(sealing_of)).file.occupied() == set(), "its key is destroyed before the receipt"


async def test_a_repeated_delivery_publishes_the_same_bytes(toy: Toy) -> None:
    await toy.add_person("anna")
    erasure = toy.ask_to_erase("anna")
    await toy.holder.erase(SERVICE, erasure)
    await toy.holder.erase(SERVICE, erasure)
    await receipts(toy)
    first, second = toy.published.messages
    assert first == second
    assert len(toy.claims.asked) == 1


async def test_deliveries_side_by_side_make_one_receipt(toy: Toy) -> None:
    await toy.add_person("anna", notes=5)
    erasure = toy.ask_to_erase("anna")
    await asyncio.gather(*(toy.holder.erase(SERVICE, erasure) for _ in range(4)))
    found = await receipts(toy)
    assert len({receipt.signature for receipt in found}) == 1
    assert found[0].body["erased"]["note"] == 5


async def test_nothing_is_done_once_dsar_has_the_receipt(toy: Toy) -> None:
    await toy.add_person("anna")
    toy.claims.known["erasure-0000000009"] = Claim(done=True)
    await toy.holder.erase(SERVICE, "erasure-0000000009")
    assert await receipts(toy) == []
    assert len(await toy.rows("person")) == 1


async def test_without_dsars_answer_nothing_is_erased(toy: Toy) -> None:
    await toy.add_person("anna")
    with pytest.raises(KeyError):
        await toy.holder.erase(SERVICE, "erasure-unknown-0001")
    assert len(await toy.rows("person")) == 1


async def test_interrupted_after_the_deletes_it_still_states_what_was_deleted(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await toy.add_person("anna", notes=4)
    erasure = toy.ask_to_erase("anna")

    async def interrupted() -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(toy.database, "truncate_wal", interrupted)
        with pytest.raises(TimeoutError):
            await toy.holder.erase(SERVICE, erasure)
    assert await toy.rows("note") == []
    assert await receipts(toy) == []
    await toy.holder.erase(SERVICE, erasure)
    assert (await body(toy))["erased"]["note"] == 4


async def test_a_row_that_appears_meanwhile_is_found_by_the_probe_and_goes_the_next_time(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await toy.add_person("anna", notes=1)
    erasure = toy.ask_to_erase("anna")
    truncate_wal = toy.database.truncate_wal

    async def somebody_writes() -> None:
        await truncate_wal()
        await toy.add_person("anna", notes=2)

    with monkeypatch.context() as patch:
        patch.setattr(toy.database, "truncate_wal", somebody_writes)
        await toy.execute(table("payment").delete())
        with pytest.raises(StillHeld, match="note, person"):
            await toy.holder.erase(SERVICE, erasure)
    assert await receipts(toy) == []
    await toy.holder.erase(SERVICE, erasure)
    assert (await body(toy))["erased"]["note"] == 3


async def test_a_person_who_returned_with_the_same_address_is_left_alone(toy: Toy, clock: FakeClock) -> None:
    await toy.add_person("anna")
    erasure = toy.ask_to_erase("anna")
    clock.advance(INVENTORY.external[0].retention / 100)
    row = {"email": "anna@school.example", "password_hash": b"", "recipient_id": 8, "choices": {}}
    await toy.execute(insert(table("person")).values(id="id-anna-again", created_at=clock.now(), **row))
    await toy.holder.erase(SERVICE, erasure)
    assert [row["id"] for row in await toy.rows("person")] == ["id-anna-again"]
    assert (await body(toy))["clean"] is True


async def test_the_watermark_only_rises(toy: Toy) -> None:
    for sequence in (7, 9, 5):
        await toy.holder.erase(SERVICE, toy.ask_to_erase("anna", f"erasure-00000000{sequence:02}", sequence))
    assert await toy.rows("watermark") == [{"holder": SERVICE, "last_erasure_seq": 9}]
    assert sorted(row["sequence"] for row in await toy.rows("tombstone")) == [5, 7, 9]


async def test_tombstones_and_receipts_hold_no_identifier(toy: Toy) -> None:
    await toy.add_person("anna")
    await toy.holder.erase(SERVICE, toy.ask_to_erase("anna"))
    await toy.holder.erase(RECIPIENT, "erasure-0000000001")
    for name in ("tombstone", "receipt", "inbox", "outbox", "watermark", "recipient_erasure"):
        assert "anna" not in str(await toy.rows(name))


@pytest.mark.parametrize("order", [(SERVICE, RECIPIENT), (RECIPIENT, SERVICE)])
async def test_the_recipient_is_reached_whichever_delivery_comes_first(toy: Toy, order: tuple[str, str]) -> None:
    await toy.add_person("anna", number=11)
    await toy.add_person("bo", number=12)
    erasure = toy.ask_to_erase("anna")
    for holder in order:
        await toy.holder.erase(holder, erasure)
    assert toy.recipient.contacts == {12: "bo@school.example"}
    stated = {receipt.body["holder"]: receipt.body for receipt in await receipts(toy)}
    assert stated[RECIPIENT]["erased"] == {RECIPIENT: 1}
    assert stated[RECIPIENT]["probe"] == {RECIPIENT: 0}
    assert stated[RECIPIENT]["retained"] == []
    assert await toy.rows("recipient_erasure") == []


async def test_database_and_recipient_may_be_erased_at_the_same_time(toy: Toy) -> None:
    await toy.add_person("anna", number=11)
    erasure = toy.ask_to_erase("anna")
    await asyncio.gather(toy.holder.erase(SERVICE, erasure), toy.holder.erase(RECIPIENT, erasure))
    assert toy.recipient.contacts == {}
    assert len(await receipts(toy)) == 2


async def test_a_slow_recipient_gets_no_receipt_until_it_has_erased(toy: Toy) -> None:
    await toy.add_person("anna", number=11)
    toy.recipient.slow = 1
    erasure = toy.ask_to_erase("anna")
    with pytest.raises(StillHeld, match=RECIPIENT):
        await toy.holder.erase(RECIPIENT, erasure)
    assert await receipts(toy) == []
    assert len(await toy.rows("recipient_erasure")) == 1
    await toy.holder.erase(RECIPIENT, erasure)
    assert (await body(toy))["erased"] == {RECIPIENT: 1}


async def test_evidence_is_left_in_the_same_transaction(toy: Toy) -> None:
    await toy.add_person("anna")

    def keep_evidence(session: Session, command: Command) -> None:
        (erased,) = command.locators[next(iter(command.locators))]
        session.execute(update(table("payment")).where(table("payment").c.payer == erased).values(payer="hmac"))

    toy.holder = PersonalDataHolder(
        service=SERVICE, database=toy.database, inventory=INVENTORY, tables=TABLES, clock=toy.clock,
        receipt_seed=RECEIPT_SEED, claim=toy.claims, relay=toy.relay, externals={RECIPIENT: toy.recipient},
        before={CommandKind.ERASE: keep_evidence},
    )  # fmt: skip
    await toy.holder.erase(SERVICE, toy.ask_to_erase("anna"))
    assert [row["payer"] for row in await toy.rows("payment")] == ["hmac"]


async def test_an_unknown_holder_is_refused(toy: Toy) -> None:
    with pytest.raises(LookupError, match="posthog"):
        await toy.holder.erase("posthog", toy.ask_to_erase("anna"))


async def test_a_declared_recipient_that_nobody_answers_for_is_refused(toy: Toy) -> None:
    with pytest.raises(UndeclaredStore, match=RECIPIENT):
        PersonalDataHolder(
            service=SERVICE, database=toy.database, inventory=INVENTORY, tables=TABLES, clock=toy.clock,
            receipt_seed=RECEIPT_SEED, claim=toy.claims, relay=toy.relay, externals={},
        )  # fmt: skip


async def test_no_byte_of_the_person_is_left_in_the_files(sqlite_toy: Toy, tmp_path: Path) -> None:
    toy = sqlite_toy
    for number in range(40):
        await toy.add_person(f"marker-{number:03}", notes=5, number=number)
    letter = Letter(to="marker-007@school.example", subject="S", text="T", html="H")
    await toy.database.write(post, TABLES, letter)
    await toy.execute(table("payment").delete())

    def bytes_on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in sorted((tmp_path / "data").iterdir()))

    assert b"marker-007" in bytes_on_disk()
    erasure = toy.ask_to_erase("marker-007")
    await toy.holder.erase(SERVICE, erasure)
    await toy.holder.erase(RECIPIENT, erasure)
    assert b"marker-007" not in bytes_on_disk()
    assert b"marker-008" in bytes_on_disk()


async def test_a_hundred_erasures_at_once_all_end_clean(toy: Toy) -> None:
    for number in range(100):
        await toy.add_person(f"p{number}", number=number)
    erasures = [toy.ask_to_erase(f"p{n}", f"erasure-{n:010}", n) for n in range(100)]
    await asyncio.gather(*(toy.holder.erase(SERVICE, erasure) for erasure in erasures))
    assert await toy.rows("person") == []
    assert len(await toy.rows("receipt")) == 100
    assert (await toy.rows("watermark"))[0]["last_erasure_seq"] == 99
