"""Tokens that open the speech endpoints for ten minutes of the emulator's clock."""

import base64
import hashlib
import hmac
import json
import secrets

from emulators.clock import Clock

KEY = "emulator-key"
REGION = "swedencentral"
LIFETIME_SECONDS = 600


class Tokens:
    """Signed by a secret of this process: a token of another endpoint is foreign here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def issue(self) -> str:
        claims: dict[str, str | int] = {
            "region": REGION,
            "subscription-id": "emulator",
            "product-id": "SpeechServices.S0",
            "cognitive-services-endpoint": f"https://{REGION}.api.cognitive.microsoft.com/internal/v1.0/",
            "scope": "speechservices",
            "aud": f"urn:ms.speechservices.{REGION}",
            "iss": "urn:ms.cognitiveservices",
            "jti": secrets.token_hex(8),
            "exp": int(self._clock.seconds()) + LIFETIME_SECONDS,
        }
        signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def valid(self, token: str) -> bool:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            return False
        claims = signed.partition(".")[2]
        expires = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        return bool(expires > self._clock.seconds())

    def _signature(self, signed: str) -> str:
        return _base64url(hmac.digest(self._secret, signed.encode(), hashlib.sha256))


def _encoded(claims: dict[str, str | int]) -> str:
    return _base64url(json.dumps(claims, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
