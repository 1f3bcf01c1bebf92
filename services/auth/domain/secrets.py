"""Bearer secrets: only their hash is ever stored, so that a copy of the database opens nothing."""

import hashlib


def hash_of(secret: str) -> str:
    """SHA-256 in hex; a secret has 256 random bits, so it needs no salt and no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()
