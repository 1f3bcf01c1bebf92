"""What is derived from secrets: only hashes are stored, so that a copy of the database opens nothing."""

import base64
import hashlib
import hmac

UNSUBSCRIBE, SUPPRESSION, CALLBACK = b"unsubscribe\n", b"suppression\n", b"callback\n"


def hash_of(secret: str) -> str:
    """SHA-256 in hex; a secret has 256 random bits, so it needs no salt and no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Pseudonyms:
    """Keyed hashes under the suppression key, each kind in a domain of its own."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def unsubscribe_token(self, subscription_id: str) -> str:
        """The secret of every link that ends this subscription; derived, so that no mail needs it stored."""
        return base64.urlsafe_b64encode(self._keyed(UNSUBSCRIBE, subscription_id)).decode().rstrip("=")

    def of_address(self, email: str) -> str:
        """Under which an address is known as one that left."""
        return self._keyed(SUPPRESSION, email).hex()

    def of_event(self, event: str) -> str:
        """Under which a call-back is known as one that came before."""
        return self._keyed(CALLBACK, event).hex()

    def _keyed(self, domain: bytes, value: str) -> bytes:
        return hmac.digest(self._key, domain + value.encode(), "sha256")
