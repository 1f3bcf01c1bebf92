"""What the vendors' emulators were sent, as a program can ask about it."""

import base64
import json
from typing import Any

from tests.support.canary import Canary
from tests.support.platform import Platform

VENDORS = ("azure_openai", "azure_speech", "brevo", "posthog")

Request = dict[str, Any]


def raw(request: Request) -> bytes:
    """Everything of a request that the vendor could read: its line, headers and body."""
    headers = "\n".join(f"{name}: {value}" for name, value in request["headers"])
    frames = "\n".join(request.get("frames") or ())
    start = f"{request['method']} {request['path']}\n{headers}\n{frames}\n"
    return start.encode() + base64.b64decode(request["body"])


def body_of(request: Request) -> Any:
    """Its body, which must be JSON."""
    return json.loads(base64.b64decode(request["body"]))


def requests_to(platform: Platform, vendor: str, path: str = "") -> list[Request]:
    """What reached a vendor under paths that contain this."""
    return [request for request in platform.emu(vendor).requests() if path in request["path"]]


def requests_with(platform: Platform, canary: Canary, vendor: str = "azure_openai") -> list[Request]:
    """What reached a vendor and held the marker in any form."""
    return [request for request in platform.emu(vendor).requests() if canary.is_in(raw(request))]
