"""The installation's own keys: made at the first run, the same ever after, in files for its owner only."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import nkeys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32


class KeyRing:
    """The files of DIR/keys."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def secret(self, name: str) -> str:
        """32 random bytes, in hex; also the seed of an Ed25519 key."""
        return self._kept(f"{name}.hex", lambda: secrets.token_hex(KEY_BYTES))

    def kept(self, name: str) -> str | None:
        """A secret that the operator laid there, in hex; none if there is none."""
        path = self._directory / f"{name}.hex"
        return path.read_text().strip() if path.is_file() else None

    def nkey_seed(self, role: str, account: str) -> str:
        """The seed by which a role proves itself to nats-server in one account."""
        return self._kept(f"nats-{role}-{account.lower()}.seed", new_nkey_seed)

    def nkey_public(self, role: str, account: str) -> str:
        public: bytes = nkeys.from_seed(bytearray(self.nkey_seed(role, account).encode())).public_key
        return public.decode()

    def ed25519_public(self, name: str) -> str:
        seed = bytes.fromhex(self.secret(name))
        return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()

    def _kept(self, file_name: str, make: Callable[[], str]) -> str:
        path = self._directory / file_name
        with contextlib.suppress(FileNotFoundError):
            return path.read_text().strip()
        value = make()
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{value}\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        return value


def new_nkey_seed() -> str:
    seed: bytes = nkeys.encode_seed(secrets.token_bytes(KEY_BYTES), nkeys.PREFIX_BYTE_USER)
    return seed.decode()
