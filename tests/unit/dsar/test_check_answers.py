"""A receipt counts only if everything that it claims was checked where it arrives."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.fulfilment import Command, CommandKind, HolderAnswer, HolderReceipt
from contracts.holder import HOLDERS, LOCATORS_BY_HOLDER, SERVICES, service_of
from kernel.receipt import RECEIPT_DOMAIN, coverages, sign
from kernel.signature import public_key_of
from services.dsar.domain.delivery import Delivery, Ending, Outcome
from services.dsar.settings import INVENTORIES
from services.dsar.usecases.check_answers import CheckAnswers
from tests.support.clock import START

DECLARED = json.loads(INVENTORIES.read_bytes())["inventories"]
CURRENT = {kind: coverages(DECLARED, kind) for kind in CommandKind}
SEEDS = {service: f"{number:02x}" * 32 for number, service in enumerate(SERVICES, 1)}
KEYS = {service: [public_key_of("fe" * 32), public_key_of(seed)] for service, seed in SEEDS.items()}  # the latest first
CHECKING = CheckAnswers(KEYS.__getitem__, CURRENT)
COMMAND_ID = "command-of-the-test-1"


def delivery_to(holder: str, kind: CommandKind = CommandKind.ERASE, **changed: Any) -> Delivery:
    command = Command(
        command_id=COMMAND_ID,
        kind=kind,
        sequence=1,
        requested_at=START,
        locators={locator: ["one", "two"] for locator in LOCATORS_BY_HOLDER[holder]},
        payload={"name": "Kim"} if kind is CommandKind.RECTIFY else {},
        holders=[holder],
    )
    return Delivery(command=command.model_copy(update=changed), frozen={holder: CURRENT[kind][holder]}, due_at={})


def kept(store: str) -> dict[str, str]:
    return {"store": store, "article": "Art. 5(2)", "reason": "proof", "until": "2029-01-01T00:00:00Z"}


def receipt(
    of: str, kind: CommandKind = CommandKind.ERASE, seed_of: str | None = None, **changed: Any
) -> HolderReceipt:
    coverage = CURRENT[kind][of]
    body = {
        "domain": RECEIPT_DOMAIN,
        "holder": of,
        "service": service_of(of),
        "inventory_hash": coverage.inventory_hash,
        "command_id": COMMAND_ID,
        "kind": kind.value,
        "salt": "5c" * 32,
        "looked_for": {locator.value: 2 for locator in LOCATORS_BY_HOLDER[of]},
        "changed": dict.fromkeys(coverage.probed, 1),
        "probe": dict.fromkeys(coverage.probed, 0),
        "retained": [kept(store) for store in sorted(coverage.retained)],
        "at": "2026-11-02T08:00:00Z",
        **changed,
    }
    return sign(SEEDS[seed_of or service_of(of)], body)


def outcome_of(delivery: Delivery, given: HolderReceipt | None, **answer: Any) -> Outcome:
    (holder,) = delivery.command.holders
    answers = [HolderAnswer(command_id=COMMAND_ID, holder=holder, receipt=given, **answer)]
    (outcome,) = CHECKING.outcomes(service_of(holder), [delivery], answers)
    return outcome


@pytest.mark.parametrize("kind", list(CommandKind))
@pytest.mark.parametrize("holder", HOLDERS)
def test_an_honest_receipt_is_taken(holder: str, kind: CommandKind) -> None:
    outcome = outcome_of(delivery_to(holder, kind), receipt(holder, kind))
    assert (outcome.ending, outcome.code) == (Ending.RECEIVED, None)
    assert outcome.receipt
    assert len(outcome.leaf) == 32


ERASED = CURRENT[CommandKind.ERASE]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"inventory_hash": "0" * 64}, "inventory"),
        ({"inventory_hash": ERASED["consent"].inventory_hash}, "inventory"),
        ({"probe": {}}, "probe"),
        ({"probe": {"account": 0}}, "probe"),
        ({"probe": {**dict.fromkeys(ERASED["auth"].probed, 0), "account": 1}}, "probe"),
        ({"retained": [kept("account")]}, "retained"),
        ({"looked_for": {}}, "question"),
        ({"looked_for": {"account_id": 2, "email": 1}}, "question"),
        ({"command_id": "somebody-elses-command"}, "command"),
        ({"holder": "consent"}, "holder"),
        ({"service": "consent"}, "holder"),
        ({"salt": "short"}, "shape"),
        ({"clean": True}, "shape"),
    ],
)
def test_what_a_receipt_leaves_out_is_refused_although_it_is_signed(changed: dict[str, Any], code: str) -> None:
    outcome = outcome_of(delivery_to("auth"), receipt("auth", **changed))
    assert (outcome.ending, outcome.code, outcome.is_poison) == (Ending.REFUSED, code, True)


def test_a_receipt_for_another_kind_of_command_is_refused() -> None:
    assert outcome_of(delivery_to("auth"), receipt("auth", CommandKind.RESTRICT)).code == "command"


def test_a_receipt_that_another_signed_or_that_was_changed_is_refused() -> None:
    assert outcome_of(delivery_to("auth"), receipt("auth", seed_of="consent")).code == "signature"
    honest = receipt("auth")
    changed = honest.model_copy(update={"body": {**honest.body, "at": "2026-11-02T09:00:00Z"}})
    assert outcome_of(delivery_to("auth"), changed).code == "signature"


def test_a_receipt_under_the_inventory_that_was_frozen_is_taken_and_under_no_other() -> None:
    frozen = replace(ERASED["auth"], inventory_hash="ff" * 32, probed=frozenset({"account"}))
    delivery = replace(delivery_to("auth"), frozen={"auth": frozen})
    assert outcome_of(delivery, receipt("auth")).ending is Ending.RECEIVED
    old = receipt("auth", inventory_hash="ff" * 32, probe={"account": 0})
    assert outcome_of(delivery, old).ending is Ending.RECEIVED
    assert outcome_of(delivery_to("auth"), old).code == "inventory"
    assert outcome_of(delivery, receipt("auth", inventory_hash="ff" * 32, probe={})).code == "probe"


def test_a_holder_that_has_not_answered_has_failed_and_one_that_waits_has_not() -> None:
    waiting = outcome_of(delivery_to("brevo"), None)
    assert (waiting.ending, waiting.is_poison) == (Ending.WAITING, False)
    failed = outcome_of(delivery_to("brevo"), None, failure="too-long")
    assert (failed.ending, failed.code, failed.is_poison) == (Ending.FAILED, "too-long", True)
    (silent,) = CHECKING.outcomes("auth", [delivery_to("auth")], [])
    assert (silent.ending, silent.code) == (Ending.FAILED, "unanswered")


def test_answers_for_what_nobody_asked_are_ignored() -> None:
    stray = [
        HolderAnswer(command_id="of-another-command-1", holder="auth", receipt=receipt("auth")),
        HolderAnswer(command_id=COMMAND_ID, holder="consent", receipt=receipt("consent")),
    ]
    (outcome,) = CHECKING.outcomes("auth", [delivery_to("auth")], stray)
    assert outcome.code == "unanswered"
