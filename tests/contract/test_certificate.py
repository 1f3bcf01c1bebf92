"""A certificate holds as it was issued, however it is written down, and not one byte of it can be changed."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.certificate import FORMAT, CertificateRefused
from kernel.certificate_check import check
from kernel.key_history import LoggedKey
from kernel.signature import sign
from ops.verify_certificate import main as verify
from tests.support.certificates import ADDRESS, Issuing

CASE = 0x20  # the bit between a letter and its capital
CHECKS = 9
CERTIFICATES = Path(__file__).parent / "certificates"
# The certificate of each version, and the key that it is to be trusted by; a release adds its own, and none is changed.
GOLDEN: dict[str, str] = json.loads((CERTIFICATES / "trusted_keys.json").read_text())


@pytest.fixture
def issuing() -> Issuing:
    return Issuing()


def refused(data: bytes, trusted: str | None = None, published: Sequence[LoggedKey] = ()) -> str:
    """Why a file is refused."""
    with pytest.raises(CertificateRefused) as refusal:
        list(check(data, trusted, published))
    return str(refusal.value)


def signed(issuing: Issuing, content: dict[str, Any]) -> bytes:
    """Other content under the installation's own signature."""
    body = {name: value for name, value in content.items() if name != "signature"}
    return json.dumps({**body, "signature": sign(issuing.log_seed, FORMAT, body)}).encode()


async def test_it_holds_as_it_was_issued(issuing: Issuing) -> None:
    checks = list(check(await issuing.issue(), issuing.log_key))
    assert len(checks) == CHECKS
    assert not any(words.startswith("NOT") for words in checks)


async def test_another_key_is_not_trusted(issuing: Issuing) -> None:
    assert "--trust" in refused(await issuing.issue(), Issuing().log_key)


async def test_writing_it_down_in_another_way_changes_nothing(issuing: Issuing) -> None:
    content = json.loads(await issuing.issue())
    turned = dict(reversed(list(content.items())))
    for text in (json.dumps(content, indent=2), json.dumps(turned, ensure_ascii=True, indent="\t")):
        assert len(list(check(text.encode(), issuing.log_key))) == CHECKS


async def test_no_byte_of_it_can_be_changed(issuing: Issuing) -> None:
    issuing.services = {"newsletter": "newsletter", "brevo": "newsletter"}  # few holders: each byte is a whole check
    issuing.seeds = {"newsletter": issuing.seeds["newsletter"]}
    data = bytearray(await issuing.issue())
    for place, byte in enumerate(data):
        data[place] = byte ^ CASE if byte in b"abcdef" and place % 2 else byte ^ 1
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
    changed = signed(issuing, {**content, "retained": other["retained"]})
    assert "not that of the receipts" in refused(changed, issuing.log_key)


async def test_a_member_that_stands_twice_is_refused(issuing: Issuing) -> None:
    data = await issuing.issue()
    assert "twice" in refused(b'{"format":"larabot-erasure-certificate-v2",' + data[1:])


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
    await issuing.announce()
    issuing.seeds["consent"] = issuing.seeds["auth"]
    assert "is not signed by a key of its service" in refused(await issuing.issue(), issuing.log_key)


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
    assert capsys.readouterr().out.count("✓") == CHECKS
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [key.model_dump(mode="json") for key in await issuing.published_keys()]}))
    assert verify([str(file), "--trust", issuing.log_key, "--keys", str(keys)]) == 0
    assert "are among those of the file" in capsys.readouterr().out
    assert verify([str(file)]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0].startswith("  ! NOBODY VOUCHES")
    assert "The certificate holds" not in said
    keys.write_text("[]")
    assert verify([str(file), "--keys", str(keys)]) == 1
    assert "no history of keys" in capsys.readouterr().err
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


async def test_without_a_key_from_outside_its_first_words_are_that_nobody_vouches(issuing: Issuing) -> None:
    checks = list(check(await issuing.issue(), None))
    assert [words for words in checks if words.startswith("NO")] == checks[:1]
    assert checks[0].startswith("NOBODY VOUCHES")
    assert issuing.log_key in checks[0]


async def test_it_outlives_every_key_that_it_was_made_with(issuing: Issuing) -> None:
    old_key, old = None, None
    for _ in range(2):
        data = await issuing.issue()
        if old is None:
            old_key, old = issuing.log_key, data
        issuing.seeds = {service: secrets.token_hex(32) for service in issuing.seeds}
        await issuing.replace_log_key()
    assert old is not None
    published = await issuing.published_keys()
    assert len(list(check(old, old_key))) == CHECKS
    assert "--keys FILE" in refused(old, issuing.log_key)
    assert "vouch for one another" in next(check(old, issuing.log_key, published))
    assert len(list(check(old, issuing.log_key, published))) == CHECKS
    young = await issuing.issue()
    assert "was the log's key before" in next(check(young, old_key))
    assert len(list(check(young, old_key))) == CHECKS


async def test_a_receipt_from_before_its_services_key_was_replaced_still_counts(issuing: Issuing) -> None:
    await issuing.announce()
    record = await issuing.record()
    issuing.seeds = {service: secrets.token_hex(32) for service in issuing.seeds}
    await issuing.replace_log_key()
    assert len(list(check(await issuing.issued_for(record), issuing.log_key))) == CHECKS


async def test_receipts_by_keys_that_were_never_in_the_log_do_not_hold(issuing: Issuing) -> None:
    await issuing.announce()
    issuing.seeds = {service: secrets.token_hex(32) for service in issuing.seeds}
    assert "stood in the log before it" in refused(await issuing.issue(), issuing.log_key)


async def test_receipts_by_a_key_that_came_into_the_log_after_them_do_not_hold(issuing: Issuing) -> None:
    await issuing.announce()
    issuing.seeds["consent"] = secrets.token_hex(32)
    record = await issuing.record()
    await issuing.announce()
    assert "is not signed by a key of its service" in refused(await issuing.issued_for(record), issuing.log_key)


async def test_whoever_has_the_log_key_alone_makes_another_log_and_the_published_keys_tell(issuing: Issuing) -> None:
    genuine = await issuing.issue()
    forger = Issuing()
    forger.log_seed = issuing.log_seed
    forged = await forger.issue()
    published = await issuing.published_keys()
    assert len(list(check(genuine, issuing.log_key, published))) == CHECKS
    assert "a key that is not among those" in refused(forged, issuing.log_key, published)
    checks = list(check(forged, issuing.log_key))
    assert any("was not checked (--keys)" in words for words in checks)


async def test_an_announcement_that_the_log_key_did_not_sign_does_not_hold(issuing: Issuing) -> None:
    content = json.loads(await issuing.issue())
    stranger = Issuing()
    other = json.loads(await stranger.issue())
    mine = [key for key in content["keys"] if key["announcement"]["body"]["role"] == "log"]
    theirs = [key for key in other["keys"] if key["announcement"]["body"]["role"] == "receipt"]
    assert "not signed by the log key in force" in refused(signed(issuing, {**content, "keys": [*mine, *theirs]}))


async def test_the_holders_are_those_of_its_day_and_not_of_today(issuing: Issuing) -> None:
    issuing.services = {"auth": "auth", "blog": "blog", "post-office": "blog"}
    issuing.recipients = ["post-office"]
    issuing.seeds["blog"] = secrets.token_hex(32)
    checks = list(check(await issuing.issue(), issuing.log_key))
    assert any("2 holders of ours that were frozen with the case (auth, blog)" in words for words in checks)
    assert any("each recipient (post-office)" in words for words in checks)


async def test_a_holder_that_was_left_out_or_put_in_twice_is_noticed(issuing: Issuing) -> None:
    content = json.loads(await issuing.issue())
    left_out = json.dumps({**content, "holders": content["holders"][1:]}).encode()
    assert "the file was changed" in refused(left_out, issuing.log_key)
    twice = {**content, "holders": [*content["holders"], content["holders"][0]]}
    assert "one of them twice" in refused(signed(issuing, twice), issuing.log_key)
    assert "no holder" in refused(signed(issuing, {**content, "holders": []}), issuing.log_key)


async def test_it_says_until_when_backups_exist(issuing: Issuing) -> None:
    own = json.loads(await issuing.issue(kept=timedelta(days=7)))["backups"]
    assert own["until"] == "2026-11-29T12:00:02Z"
    assert "the keys that open them have been destroyed" in own["statement"]
    other = json.loads(await issuing.issue(kept=None))["backups"]
    assert other["until"] == "2026-12-22T12:00:02Z"
    assert "makes no backups by itself" in other["statement"]


@pytest.mark.parametrize("version", sorted(GOLDEN))
def test_a_certificate_of_every_version_keeps_verifying(version: str) -> None:
    data = (CERTIFICATES / f"{version}.json").read_bytes()
    assert len(list(check(data, GOLDEN[version]))) == CHECKS
