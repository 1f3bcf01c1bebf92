"""What stands for a person tells nothing without its key."""

from services.dsar.domain.pseudonyms import case_secret, commitment, nonce, opens, pseudonym

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_case_secret_opens_its_case_only() -> None:
    secret = case_secret(KEY, "case-1")
    assert len(secret) == 43
    assert opens(KEY, "case-1", secret)
    assert not opens(KEY, "case-2", secret)
    assert not opens(OTHER, "case-1", secret)
    assert not opens(KEY, "case-1", "")
    assert not opens(KEY, "case-1", "ö" * 43)


def test_pseudonyms_differ_by_key_and_kind_and_value() -> None:
    found = {pseudonym(key, kind, value) for key in (KEY, OTHER) for kind in ("email", "id") for value in ("a", "b")}
    assert len(found) == 8


def test_a_commitment_needs_the_nonce_of_its_case() -> None:
    assert commitment(nonce(KEY, "case-1"), "a@b.example") != commitment(nonce(KEY, "case-2"), "a@b.example")
    assert nonce(KEY, "case-1").hex() not in case_secret(KEY, "case-1")
