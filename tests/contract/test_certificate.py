"""A certificate holds as it was issued, however it is written down, and not one byte of it can be changed."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from kernel.certificate import FORMAT, CertificateRefused, check
from kernel.signature import sign
from ops.verify_certificate import main as verify
from tests.support.certificates import ADDRESS, Issuing

CASE = 0x20  # the bit between a letter and its capital


@pytest.fixture
def issuing() -> Issuing:
    return Issuing()


def refused(data: bytes, trusted: str | None = None) -> str:
    """Why a file is refused."""
    with pytest.raises(CertificateRefused) as refusal:
        list(check(data, trusted))
    return str(refusal.value)


async def test_it_holds_as_it_was_issued(issuing: Issuing) -> None:
    checks = list(check(await issuing.issue(), issuing.log_key))
    assert len(checks) == 8
    assert not any(words.startswith("NOT") for words in checks)


async def test_without_a_key_from_outside_it_says_whose_word_it_took(issuing: Issuing) -> None:
    checks = list(check(await issuing.issue(), None))
    assert [words for words in checks if words.startswith("NOT")] == [checks[1]]
    assert issuing.log_key in checks[1]


async def test_another_key_is_not_trusted(issuing: Issuing) -> None:
    assert "--trust" in refused(await issuing.issue(), Issuing().log_key)


async def test_writing_it_down_in_another_way_changes_nothing(issuing: Issuing) -> None:
    content = json.loads(await issuing.issue())
    turned = dict(reversed(list(content.items())))
    for text in (json.dumps(content, indent=2), json.dumps(turned, ensure_ascii=True, indent="\t")):
        assert len(list(check(text.encode(), issuing.log_key))) == 8


async def test_no_byte_of_it_can_be_changed(issuing: Issuing) -> None:
    data = bytearray(await issuing.issue())
    for place, byte in enumerate(data):
        for changed in {byte ^ 1, byte ^ CASE if byte in b"abcdef" else byte ^ 1}:
            data[place] = changed
            assert refused(bytes(data))
        data[place] = byte


async def test_a_waiting_recipient_is_said_to_be_waiting(issuing: Issuing) -> None:
    checks = list(check(await issuing.issue(waiting=("posthog",)), issuing.log_key))
    assert any(words.startswith("NOT YET COMPLETE") and "posthog" in words for words in checks)


async def test_what_is_kept_for_the_recipients_only_is_listed_until_they_have_finished(issuing: Issuing) -> None:
    waiting, closed = [json.loads(await issuing.issue(waiting=names))["retained"] for names in (("brevo",), ())]
    assert [entry["store"] for entry in waiting] == ["kept", "kept_for_recipients"]
    assert [entry["store"] for entry in closed] == ["kept"]


@pytest.mark.parametrize("waiting", [(), ("brevo",)])
async def test_a_list_of_what_is_retained_that_is_not_that_of_the_receipts_is_refused(
    issuing: Issuing, waiting: tuple[str, ...]
) -> None:
    content = json.loads(await issuing.issue(waiting=waiting))
    other = json.loads(await issuing.issue(waiting=() if waiting else ("brevo",)))
    body = {name: value for name, value in {**content, "retained": other["retained"]}.items() if name != "signature"}
    signed = {**body, "signature": sign(issuing.signing.log_seed, FORMAT, body)}
    assert "not that of the receipts" in refused(json.dumps(signed).encode(), issuing.log_key)


async def test_a_member_that_stands_twice_is_refused(issuing: Issuing) -> None:
    data = await issuing.issue()
    assert "twice" in refused(b'{"format":"larabot-erasure-certificate-v1",' + data[1:])


@pytest.mark.parametrize("garbage", [b"", b"[]", b"{}", b"\xff", b"1" * 5000, b"[" * 100_000, b"{} {}", b"NaN", b"1.5"])
def test_what_is_no_certificate_is_refused_calmly(garbage: bytes) -> None:
    assert refused(garbage)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"probe": {"rows": 1}}, "found something left"),
        ({"service": "auth"}, "something else"),
        ({"kind": "restrict"}, "something else"),
        ({"command_id": "somebody-elses-command"}, "something else"),
        ({"holder": "speechtoken", "service": "speechtoken"}, "something else"),
        ({"probe": "nothing"}, "shape"),
    ],
)
async def test_a_receipt_that_does_not_prove_the_erasure_is_refused(
    issuing: Issuing, change: dict[str, Any], because: str
) -> None:
    issuing.changes["consent"] = change
    assert because in refused(await issuing.issue(), issuing.log_key)


async def test_a_receipt_that_another_service_signed_is_refused(issuing: Issuing) -> None:
    issuing.seeds["consent"] = issuing.seeds["auth"]
    assert "not signed by its service" in refused(await issuing.issue(), issuing.log_key)


async def test_the_nonce_binds_it_to_the_address(issuing: Issuing) -> None:
    subject = json.loads(await issuing.issue())["subject"]
    expected = hashlib.sha256(bytes.fromhex(subject["nonce"]) + ADDRESS.encode()).hexdigest()
    assert subject["address_commitments"] == [expected]


async def test_the_verb_prints_every_check_and_tells_by_its_status(
    issuing: Issuing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "certificate.json"
    file.write_bytes(await issuing.issue())
    assert verify([str(file), "--trust", issuing.log_key]) == 0
    assert capsys.readouterr().out.count("✓") == 8
    file.write_bytes(file.read_bytes().replace(b"Midgard", b"Mitgard"))
    assert verify([str(file)]) == 1
    assert "does NOT hold" in capsys.readouterr().err
    assert verify([str(tmp_path / "missing.json")]) == 1


@pytest.mark.parametrize(
    "arguments", [["certificate.json", "--trust", "NOT-A-KEY"], [], ["certificate.json", "--untrust"]]
)
def test_wrong_arguments_are_told_and_end_with_one(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verify(arguments)
    assert ended.value.code == 1
    assert "verify-certificate: " in capsys.readouterr().err
