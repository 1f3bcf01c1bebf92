"""Keys are made once, stay the same, and are for their owner's eyes only."""

from pathlib import Path

import pytest

from ops.run.data_directory import DataDirectory
from ops.run.keys import KeyRing
from ops.run.refusal import LaunchRefused


def test_keys_are_the_same_at_the_next_run(tmp_path: Path) -> None:
    first = KeyRing(tmp_path)
    made = (first.secret("ledger"), first.nkey_seed("gateway", "APP"), first.ed25519_public("receipt-auth"))
    second = KeyRing(tmp_path)
    assert made == (
        second.secret("ledger"),
        second.nkey_seed("gateway", "APP"),
        second.ed25519_public("receipt-auth"),
    )


def test_each_role_has_a_key_of_its_own_in_each_account(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    pairs = [("gateway", "APP"), ("gateway", "CONTENT"), ("textproxy", "APP")]
    public = [keys.nkey_public(role, account) for role, account in pairs]
    assert len(set(public)) == 3
    assert all(key.startswith("U") for key in public)


def test_secrets_are_32_bytes_in_hex_and_differ(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    assert len(bytes.fromhex(keys.secret("ledger"))) == 32
    assert keys.secret("ledger") != keys.secret("evidence")


def test_only_the_owner_reads_directories_and_keys(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    KeyRing(data.room("keys")).secret("ledger")
    assert data.path.stat().st_mode & 0o777 == 0o700
    assert (data.path / "keys").stat().st_mode & 0o777 == 0o700
    assert (data.path / "keys" / "ledger.hex").stat().st_mode & 0o777 == 0o600


def test_a_directory_serves_one_run_at_a_time(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path)
    with pytest.raises(LaunchRefused, match="Another run uses"):
        DataDirectory(first.path)
