"""Opaque identifiers: random, without meaning, safe to show and to log as themselves."""

import secrets

ID_BYTES = 16
SECRET_BYTES = 32


def new_id() -> str:
    """Make an opaque identifier: 128 random bits, 22 URL-safe characters."""
    return secrets.token_urlsafe(ID_BYTES)


def new_secret() -> str:
    """Make a bearer secret for a cookie or a mailed link: 256 random bits, 43 URL-safe characters."""
    return secrets.token_urlsafe(SECRET_BYTES)
