"""What clients, proxies and strangers do to the door: upgrades, origins, queries, guesses, crowds of connections."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from services.gateway.adapters.limits import POLICY, RateLimits
from tests.integration.gateway.owners import SIGNED_IN, SIMPLIFY, Gateway, Owners, request_bytes
from tests.support.nats import NatsServer

OURS = {"X-Requested-By": "larabot"}
SUBSCRIPTIONS = "/api/newsletter/subscriptions"
SUBSCRIBE = {"email": "anna@skola.example", "consent": True}
JSON_OURS = {**OURS, "Content-Type": "application/json"}
H2C = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA"}
BODY = json.dumps(SUBSCRIBE).encode()


async def statuses(gateway: Gateway, *parts: bytes) -> list[int]:
    """The statuses of the answers on one connection, to which the bytes are sent one part after the other."""
    reader, writer = await gateway.raw(b"")
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.05)
    writer.write(request_bytes("GET", "/healthz", Connection="close"))
    async with asyncio.timeout(10):
        received = await reader.read()
    writer.close()
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


@pytest.mark.parametrize("upgrade", [H2C, {"Connection": "upgrade", "Upgrade": "websocket"}, {**H2C, "Upgrade": "x/1"}])
@pytest.mark.parametrize("cut", [None, 1, 20], ids=["whole", "body apart", "inside the body"])
async def test_an_offer_to_upgrade_is_ignored_and_its_body_is_read(
    gateway: Gateway, owners: Owners, upgrade: dict[str, str], cut: int | None
) -> None:
    sent = request_bytes("POST", SUBSCRIPTIONS, BODY, **{**JSON_OURS, **upgrade})
    head_length = sent.index(b"\r\n\r\n") + 4
    at = len(sent) if cut is None else head_length + cut - 1
    assert await statuses(gateway, sent[:at], sent[at:]) == [202, 200]
    assert owners.subscribed == 1


async def test_an_offer_to_upgrade_with_a_body_in_chunks(gateway: Gateway, owners: Owners) -> None:
    head = request_bytes("POST", SUBSCRIPTIONS, b"", **{**JSON_OURS, **H2C}).replace(
        b"Content-Length: 0", b"Transfer-Encoding: chunked"
    )
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:10], BODY[10:]))
    assert await statuses(gateway, head + chunks + b"0\r\n\r\n") == [202, 200]
    assert owners.subscribed == 1


async def test_requests_after_an_offer_to_upgrade_are_served(gateway: Gateway) -> None:
    ask = request_bytes("GET", "/api/text/tools", b"", **H2C)
    assert await statuses(gateway, ask, ask, request_bytes("GET", "/healthz")) == [200, 200, 200, 200]


async def test_the_origin_is_compared_with_the_published_address(gateway: Gateway) -> None:
    behind_proxy = {**OURS, "Host": "127.0.0.1:1", "Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}
    assert (await gateway.http.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=behind_proxy)).status_code == 202
    own_host = {**OURS, "Origin": gateway.url}
    refused = await gateway.http.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=own_host)
    assert (refused.status_code, refused.json()["reason"]) == (403, "origin")
    assert refused.json()["expected_origin"] == "http://localhost:8000"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "x-requested-by"),
        ({"X-Requested-By": "a form"}, "x-requested-by"),
        ({**OURS, "Sec-Fetch-Site": "cross-site"}, "sec-fetch-site"),
        ({**OURS, "Origin": "null"}, "origin"),
    ],
)
async def test_a_forged_request_is_told_by_the_header_that_differs(
    gateway: Gateway, headers: dict[str, str], reason: str
) -> None:
    answer = await gateway.http.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (403, reason)


@pytest.mark.parametrize(
    ("method", "address", "code", "field"),
    [
        ("POST", "/api/auth/login?password=hemlig-hemlig-hemlig", "belongs-in-body", "password"),
        ("POST", f"{SUBSCRIPTIONS}/confirm?token=hemlig-hemlig-hemlig", "belongs-in-body", "token"),
        ("POST", "/api/auth/verify-email?hemlig-hemlig-hemlig", "unknown-parameter", ""),
        ("GET", "/api/privacy/requests/AAAAAAAAAAAAAAAAAAAAAA?case_secret=hemlig", "belongs-in-header", "case_secret"),
        ("GET", "/api/me?token=hemlig", "unknown-parameter", ""),
        ("DELETE", "/api/consent?hemlig=1", "unknown-parameter", ""),
    ],
)
async def test_a_secret_in_an_address_is_refused_and_told_its_place(
    gateway: Gateway, method: str, address: str, code: str, field: str
) -> None:
    answer = await gateway.http.request(method, address, json={} if method == "POST" else None, headers=OURS)
    assert (answer.status_code, answer.json()["reason"]) == (422, "query")
    assert [(error["code"], error["field"]) for error in answer.json()["errors"]] == [(code, field)]
    assert "hemlig" not in answer.text


async def test_the_language_may_stand_in_any_address(gateway: Gateway) -> None:
    answer = await gateway.http.post(f"{SUBSCRIPTIONS}?lang=en", json=SUBSCRIBE, headers=OURS)
    assert answer.status_code == 202


async def test_a_parameter_that_is_given_twice_is_refused(gateway: Gateway) -> None:
    address = f"/api/privacy/requests/{'A' * 22}/package?form=json&form=html"
    assert (await gateway.http.get(address, headers=SIGNED_IN)).status_code == 422


@pytest.fixture
async def narrow(server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    """A gateway that lets few guesses of one address pass."""
    policy = tmp_path / "limits.json"
    policy.write_text(json.dumps({**json.loads(POLICY.read_text()), "session": "20/hour"}))
    monkeypatch.setattr("services.gateway.app.RateLimits", partial(RateLimits, policy))
    async with Gateway(server, tmp_path) as running:
        yield running


@pytest.mark.parametrize("path", ["/api/text/simplify", "/api/speech/token", "/api/privacy/requests"])
async def test_guessed_cookies_are_limited_before_auth_is_asked(narrow: Gateway, path: str) -> None:
    answers = [
        await narrow.http.post(path, json={}, headers={**OURS, "Cookie": f"__Host-session={number:043d}"})
        for number in range(40)
    ]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 20
    assert narrow.owners.authenticated == 20


async def test_a_crowd_with_sessions_behind_one_address_is_not_limited(narrow: Gateway) -> None:
    for number in range(40):
        headers = {**OURS, "Cookie": f"__Host-session={'c' * 22}{number:021d}"}
        answer = await narrow.http.post("/api/text/simplify", json=SIMPLIFY, headers=headers)
        assert answer.status_code == 200
    assert narrow.owners.authenticated == 40


async def test_a_stampede_of_equal_questions_is_asked_once(gateway: Gateway, owners: Owners) -> None:
    owners.before_consent = lambda: asyncio.sleep(0.2)
    answers = await asyncio.gather(
        *(gateway.http.post("/api/text/simplify", json=SIMPLIFY, headers=SIGNED_IN) for _ in range(30))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert (owners.authenticated, owners.consent_asked) == (1, 1)


SLOW = b"POST /api/text/simplify HTTP/1.1\r\nHost: localhost\r\nX-Requested-By: larabot\r\nCookie: __Host-session=x\r\n"


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: lo", SLOW + b"Content-Length: 1000\r\n\r\n{"], ids=["idle", "head", "body"]
)
async def test_a_crowd_of_connections_from_one_address_shuts_nobody_out(
    server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("services.gateway.api.connection_shares.CONNECTIONS_MAX", 40)
    monkeypatch.setattr("services.gateway.api.connection_shares.SHARE_MAX", 20)
    async with Gateway(server, tmp_path) as gateway:
        held = [await gateway.raw(sent) for _ in range(60)]
        for source in ("127.0.0.2", "127.0.0.1"):
            reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, local_addr=(source, 0))
            writer.write(request_bytes("GET", "/api/text/tools", Connection="close"))
            async with asyncio.timeout(5):
                assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
        for _, writer in held:
            writer.close()


async def test_where_everybody_is_at_work_one_more_is_told_to_come_back(
    server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.api.connection_shares.SHARE_MAX", 1)
    async with Gateway(server, tmp_path) as gateway:
        owners = gateway.owners
        owners.generate = owners.endless
        async with gateway.http.stream("POST", "/api/text/simplify", json=SIMPLIFY, headers=SIGNED_IN):
            async with gateway.client() as another:
                answer = await another.get("/api/text/tools")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
            assert answer.headers["content-type"] == "application/problem+json"
