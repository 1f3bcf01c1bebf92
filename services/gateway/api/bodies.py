"""Request bodies: bounded in size and time before anything looks at them."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from contracts.errors import ErrorKind, Refusal

BODY_BYTES_MAX = 200 * 1024
BODY_SECONDS_MAX = 15.0


async def read_body(request: Request) -> bytes:
    """Read the body.

    Raises:
        Refusal: over 200 KiB, slower than 15 s, broken off, or of another media type than JSON.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
        raise Refusal(ErrorKind.TOO_LARGE, limit_bytes=BODY_BYTES_MAX)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    raise Refusal(ErrorKind.TOO_LARGE, limit_bytes=BODY_BYTES_MAX)
    except TimeoutError:
        raise Refusal(ErrorKind.MALFORMED, "body-too-slow") from None
    except ClientDisconnect:
        raise Refusal(ErrorKind.MALFORMED, "body-broken-off") from None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media_type != "application/json":
        raise Refusal(ErrorKind.UNSUPPORTED_MEDIA_TYPE)
    return bytes(body)
