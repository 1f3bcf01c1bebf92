"""The chain over salted commitments: a changed record is noticed, an erased one is not missed."""

from dataclasses import replace

from services.consent.domain import FIRST_LINK, Record, first_broken, link
from tests.unit.consent.test_deciding import decided

KEY = bytes(32)
Links = list[tuple[int, str, str]]


def chained(count: int) -> tuple[Links, dict[int, Record]]:
    links: Links = []
    records: dict[int, Record] = {}
    previous = FIRST_LINK
    for sequence in range(1, count + 1):
        (record,) = decided(account={"text_tools": True}).records
        previous = link(previous, record.commitment)
        links.append((sequence, record.commitment, previous))
        records[sequence] = record
    return links, records


def test_an_untouched_chain_fits() -> None:
    assert first_broken(FIRST_LINK, *chained(5)) is None


def test_erasing_records_leaves_the_chain_whole() -> None:
    links, records = chained(5)
    del records[2], records[4]
    assert first_broken(FIRST_LINK, links, records) is None


def test_a_changed_record_is_noticed() -> None:
    links, records = chained(5)
    records[3] = replace(records[3], event="withdrawn")
    assert first_broken(FIRST_LINK, links, records) == 3


def test_a_record_that_was_put_in_or_taken_out_of_the_chain_is_noticed() -> None:
    links, records = chained(5)
    assert first_broken(FIRST_LINK, links[:2] + links[3:], records) == 4
    forged = (3, links[3][1], links[2][2])
    assert first_broken(FIRST_LINK, [*links[:2], forged, *links[3:]], records) == 3


def test_a_commitment_cannot_be_guessed_without_its_salt() -> None:
    _, records = chained(1)
    assert replace(records[1], salt="another").commitment != records[1].commitment


def test_evidence_fits_one_pseudonym_under_one_key() -> None:
    _, records = chained(1)
    evidence = records[1].evidence(KEY)
    assert evidence == replace(records[1], salt="gone", record_id="gone", receipt_id="gone").evidence(KEY)
    assert evidence != replace(records[1], account_id="somebody else").evidence(KEY)
    assert evidence != records[1].evidence(bytes([1] * 32))
