"""What changes while a body is on its way counts: a request is decided on when its body is there (F37)."""

import asyncio
from collections.abc import Coroutine

import pytest

from contracts.auth import SESSIONS_REVOKED, SessionsRevoked
from contracts.consent import CHANGED, ConsentChanged, Purpose
from tests.integration.gateway.owners import ACCOUNT, SESSION_ID, SIGNED_IN, Gateway, Owners, request_bytes

HEADERS = {**SIGNED_IN, "Content-Type": "application/json"}
TEXT = request_bytes("POST", "/api/text/simplify", b'{"inputs":{"text":"Solen skiner."}}', **HEADERS)
TOKEN = request_bytes("POST", "/api/speech/token", b"{}", **HEADERS)
REQUEST = request_bytes("POST", "/api/privacy/requests", b'{"right":"access"}', **HEADERS)


async def known_before(gateway: Gateway) -> None:
    """The gateway has just asked about the session and the consent: it need not ask again."""
    answer = await gateway.http.post("/api/text/simplify", json={"inputs": {"text": "Hej."}}, headers=SIGNED_IN)
    assert answer.status_code == 200


async def status_after(gateway: Gateway, sent: bytes, meanwhile: Coroutine[None, None, None]) -> int:
    """The status of a request whose last bytes come only after something else has happened."""
    reader, writer = await gateway.raw(sent[:-2])
    await asyncio.sleep(0.2)
    await meanwhile
    writer.write(sent[-2:])
    async with asyncio.timeout(5):
        status = (await reader.readline()).split(b" ")[1]
    writer.close()
    return int(status)


async def withdraw(owners: Owners, purpose: Purpose) -> None:
    owners.granted -= {purpose}
    await owners.buses["consent"].signal(CHANGED, ConsentChanged(account_id=ACCOUNT, withdrawn=[purpose]))
    await asyncio.sleep(0.1)


async def end_session(owners: Owners, session_ids: list[str]) -> None:
    owners.signed_in = False
    revoked = SessionsRevoked(account_id=ACCOUNT, session_ids=session_ids)
    await owners.buses["auth"].signal(SESSIONS_REVOKED, revoked)
    await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("sent", "purpose"), [(TEXT, Purpose.TEXT_TOOLS), (TOKEN, Purpose.VOICE_TOOLS)], ids=["text", "voice"]
)
async def test_a_withdrawal_while_the_body_is_on_its_way(
    gateway: Gateway, owners: Owners, sent: bytes, purpose: Purpose
) -> None:
    owners.granted.add(Purpose.VOICE_TOOLS)
    await known_before(gateway)
    assert await status_after(gateway, sent, withdraw(owners, purpose)) == 403
    assert (owners.running, owners.tokens) == (0, 0)


@pytest.mark.parametrize("sent", [TEXT, TOKEN, REQUEST], ids=["text", "voice", "right"])
@pytest.mark.parametrize("session_ids", [[], [SESSION_ID]], ids=["erasure", "logout"])
async def test_a_session_that_ends_while_the_body_is_on_its_way(
    gateway: Gateway, owners: Owners, sent: bytes, session_ids: list[str]
) -> None:
    owners.granted.add(Purpose.VOICE_TOOLS)
    await known_before(gateway)
    assert await status_after(gateway, sent, end_session(owners, session_ids)) == 401
    assert (owners.running, owners.tokens, owners.opened) == (0, 0, 0)


async def test_a_write_for_visitors_is_one_without_a_session_then(gateway: Gateway, owners: Owners) -> None:
    """Consent may be given by visitors as well: the owner is told that nobody is signed in."""
    await known_before(gateway)
    sent = request_bytes("PUT", "/api/consent", b'{"purposes":{"text_tools":true},"notice_version":"1"}', **HEADERS)
    assert await status_after(gateway, sent, end_session(owners, [])) == 200
    assert owners.consent_callers == [None]


async def test_what_is_forged_is_refused_before_its_body_is_there(gateway: Gateway) -> None:
    reader, writer = await gateway.raw(TEXT.replace(b"X-Requested-By: larabot", b"X-Requested-By: somebody")[:-2])
    async with asyncio.timeout(5):
        assert b" 403 " in await reader.readline()
    writer.close()
