"""The conventions of the HTTP face, from the wire on: methods, heads, cookies, limits, repeats, visits."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlmodel import col

from chassis.database import Session
from contracts.dsar import OPEN
from contracts.errors import ErrorKind, Refusal
from contracts.registry import ROUTES
from services.gateway.tables import RepeatedRequest, RequestLog
from tests.integration.gateway.owners import SIGNED_IN, SIMPLIFY, Gateway, Owners, request_bytes
from tests.support.nats import NatsServer

SUBSCRIPTIONS = "/api/newsletter/subscriptions"
SUBSCRIBE = {"email": "anna@skola.example", "consent": True}
ERASE = {"right": "erasure"}
OURS = {"X-Requested-By": "larabot"}
REGISTER = {"email": "anna@skola.example", "password": "en lång mening som ingen gissar", "name": "Anna"}


async def whole(gateway: Gateway, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what comes back until the connection closes."""
    reader, writer = await gateway.raw(sent)
    async with asyncio.timeout(5):
        received = await reader.read()
    writer.close()
    head, _, body = received.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    return int(status.split(" ")[1]), headers, body


def visits_of(session: Session, route: str) -> list[RequestLog]:
    return list(session.execute(select(RequestLog).where(col(RequestLog.route) == route)).scalars())


def change_repeats(session: Session, values: dict[str, Any]) -> None:
    session.execute(update(RepeatedRequest).values(**values))


def the_repeat(session: Session) -> RepeatedRequest:
    return session.execute(select(RepeatedRequest)).scalars().one()


async def logged(gateway: Gateway, route: str) -> list[RequestLog]:
    async with asyncio.timeout(4):
        while True:
            rows = await gateway.service.database.read(visits_of, route)
            if rows:
                return rows
            await asyncio.sleep(0.1)


async def subscribe(gateway: Gateway, key: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return await gateway.http.post(SUBSCRIPTIONS, json=body or SUBSCRIBE, headers={**OURS, "Idempotency-Key": key})


def left(answer: httpx.Response) -> int:
    return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])


def quota(answer: httpx.Response) -> int:
    return int(answer.headers["ratelimit-policy"].partition("q=")[2].partition(";")[0])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/me", "GET, HEAD"),
        ("GET", "/api/auth/login", "POST"),
        ("PATCH", "/api/consent", "DELETE, GET, HEAD, PUT"),
        ("OPTIONS", "/api/privacy/requests", "GET, HEAD, POST"),
        ("POST", "/some/page", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(gateway: Gateway, method: str, path: str, allowed: str) -> None:
    answer = await gateway.http.request(method, path, headers=OURS)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_an_unknown_address_of_the_api_is_not_found_by_any_method(gateway: Gateway, method: str) -> None:
    answer = await gateway.http.request(method, "/api/nothing")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert "allow" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        *("/favicon.ico", "/robots.txt", "/assets/of-an-older-build.js"),
        *("/api", "/API/policy", "/healthz/", "/webhooks", "/__emu"),
        # What asks it takes a page here for a server that answers 200 to everything (W3C change-password URL).
        "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200",
    ],
)
async def test_what_is_no_page_is_not_answered_with_a_page(gateway: Gateway, path: str) -> None:
    answer = await gateway.http.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_a_head_has_headers_and_no_body(gateway: Gateway) -> None:
    answer = await gateway.http.head("/api/text/tools")
    assert (answer.status_code, answer.content) == (200, b"")
    assert parsedate_to_datetime(answer.headers["date"]).tzinfo is not None  # RFC 9110, 6.6.1
    (visit,) = await logged(gateway, "/api/text/tools")
    assert (visit.method, visit.size_bytes) == ("HEAD", 0)


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        request_bytes("GET", "/", Content_Length="-1"),
        b"\x16\x03\x01\x02\x00\x01",
    ],
    ids=["no HTTP", "an unknown version", "a negative length", "TLS"],
)  # fmt: skip
async def test_what_is_no_http_gets_a_problem_document(gateway: Gateway, sent: bytes) -> None:
    status, headers, body = await whole(gateway, sent)
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["type"] == "/problems/malformed"
    assert headers["connection"] == "close"


async def test_a_head_without_end_is_refused(gateway: Gateway) -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(1000))
    reader, writer = await gateway.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + fields[:300_000])
    async with asyncio.timeout(5):
        try:
            received = await reader.read()
        except ConnectionResetError:  # it hung up before we had sent everything
            received = b"HTTP/1.1 400"
    writer.close()
    assert received.startswith(b"HTTP/1.1 400")


async def test_a_head_that_does_not_come_ends_the_connection(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.api.connections.HEAD_SECONDS_MAX", 0.2)
    status, _, body = await whole(gateway, b"GET / HTTP/1.1\r\nHost: local")
    assert (status, json.loads(body)["reason"]) == (400, "head-too-slow")
    reader, writer = await gateway.raw(b"")
    async with asyncio.timeout(2):
        assert await reader.read() == b""
    writer.close()


async def test_a_used_connection_serves_again_and_again(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.api.connections.HEAD_SECONDS_MAX", 0.3)
    for _ in range(3):
        assert (await gateway.http.get("/healthz")).status_code == 200
        await asyncio.sleep(0.2)


REFUSED_EARLY = b"POST /api/text/simplify HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


async def head_of(reader: asyncio.StreamReader) -> bytes:
    """The head of the next answer; its body is read as well."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
    return head


@pytest.mark.parametrize("size", [30_000, 70_000, 900_000])
async def test_a_body_that_comes_after_its_answer_does_not_harm_the_next_request(gateway: Gateway, size: int) -> None:
    reader, writer = await gateway.raw(REFUSED_EARLY % size + b"x" * 1000)
    async with asyncio.timeout(10):
        assert b" 403 " in await head_of(reader)
        for _ in range(size // 1000 - 1):
            writer.write(b"x" * 1000)
            await writer.drain()
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in await head_of(reader)
    writer.close()


@pytest.mark.parametrize(("name", "value"), [("UNWANTED_BYTES_MAX", 5000), ("UNWANTED_SECONDS_MAX", 0.2)])
async def test_a_body_that_nobody_wants_is_not_taken_for_ever(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, name: str, value: float
) -> None:
    monkeypatch.setattr(f"services.gateway.api.connections.{name}", value)
    reader, writer = await gateway.raw(REFUSED_EARLY % 100_000 + b"x" * 1000)
    async with asyncio.timeout(5):
        await head_of(reader)
        writer.write(b"x" * 9000)
        assert await reader.read() == b"", "closed without a second answer"
    writer.close()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en, sv", "en"),
        ("sv, en", "sv"),
        ("de, en; q=0.9, sv;q=0.5", "en"),
        ("sv;q=0, nb", "nb"),
        ("en-GB,en;q=0.8", "en"),
        ("fr", "sv"),
        ("en;q=nan, nb;q=0.1", "nb"),
        ("", "sv"),
    ],
)
async def test_the_browsers_order_of_languages_is_kept(gateway: Gateway, accepted: str, language: str) -> None:
    answer = await gateway.http.get("/api/nothing", headers={"Accept-Language": accepted})
    assert answer.headers["content-language"] == language


async def test_a_key_under_way_is_a_conflict_and_works_once(gateway: Gateway, owners: Owners) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        begun.set()
        await asyncio.sleep(0.5)

    owners.subscribe = slow
    first = asyncio.create_task(subscribe(gateway, "k-1"))
    await begun.wait()
    meanwhile = await subscribe(gateway, "k-1")
    assert (meanwhile.status_code, meanwhile.json()["reason"]) == (409, "request-under-way")
    assert (await first).status_code == 202
    again = await subscribe(gateway, "k-1")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert owners.subscribed == 1


async def test_the_key_of_a_gateway_that_died_is_asked_of_the_owner_after_a_minute(
    gateway: Gateway, owners: Owners
) -> None:
    await subscribe(gateway, "k-2")
    old = gateway.service.clock.now() - timedelta(seconds=30)
    await gateway.service.database.write(change_repeats, {"status": 0, "at": old})
    assert (await subscribe(gateway, "k-2")).status_code == 409
    await gateway.service.database.write(change_repeats, {"at": old - timedelta(seconds=40)})
    assert (await subscribe(gateway, "k-2")).status_code == 202
    first, second = owners.idempotency_keys
    assert first == second is not None


async def test_a_refused_request_leaves_its_key_free(gateway: Gateway, owners: Owners) -> None:
    async def refuse() -> None:
        owners.subscribe = None
        raise Refusal(ErrorKind.INVALID)

    owners.subscribe = refuse
    assert (await subscribe(gateway, "k-3")).status_code == 422
    assert (await subscribe(gateway, "k-3", {**SUBSCRIBE, "email": "bo@skola.example"})).status_code == 202


@pytest.mark.parametrize("kind", [ErrorKind.TIMEOUT, ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL])
async def test_a_request_of_unknown_outcome_keeps_its_key_for_the_owner(
    gateway: Gateway, owners: Owners, kind: ErrorKind
) -> None:
    async def lose_the_answer() -> None:
        owners.subscribe = None
        raise Refusal(kind)

    owners.subscribe = lose_the_answer
    assert (await subscribe(gateway, "k-8")).status_code >= 500
    other = await subscribe(gateway, "k-8", {**SUBSCRIBE, "email": "bo@skola.example"})
    assert (other.status_code, other.json()["reason"]) == (409, "key-used-with-another-body")
    assert (await subscribe(gateway, "k-8")).status_code == 202
    first, second = owners.idempotency_keys
    assert first == second
    assert re.fullmatch(r"[0-9a-f]{64}", first or "")


async def test_an_owner_that_recalls_is_asked_for_its_answer_again(
    server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a repetition has the id of what was created, and the gateway keeps no body."""
    assert OPEN.http is not None
    recalling = replace(OPEN, http=replace(OPEN.http, recalls=True))
    monkeypatch.setattr(
        "services.gateway.api.route_table.ROUTES", [recalling if route is OPEN else route for route in ROUTES]
    )
    async with Gateway(server, tmp_path) as gateway:
        headers = {**SIGNED_IN, "Idempotency-Key": "k-9"}
        answers = [await gateway.http.post("/api/privacy/requests", json=ERASE, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        assert answers[1].headers["idempotency-replayed"] == "true"


async def test_what_is_kept_of_a_repeated_request_cannot_be_guessed_from_its_body(gateway: Gateway) -> None:
    """An unkeyed hash of an address and a password could be."""
    import hashlib  # noqa: PLC0415 — only to try it

    await subscribe(gateway, "k-4")
    row = await gateway.service.database.read(the_repeat)
    sent = httpx.Request("POST", "http://x", json=SUBSCRIBE).content
    assert row.body_hash != hashlib.sha256(sent).hexdigest()


async def test_a_key_lives_over_midnight(gateway: Gateway, owners: Owners) -> None:
    await subscribe(gateway, "k-5")
    gateway.service.clock._offset += timedelta(hours=23)  # noqa: SLF001 — the clock of the whole service
    await asyncio.sleep(1.3)  # the secrets of the day are renewed every second
    assert (await subscribe(gateway, "k-5")).headers["idempotency-replayed"] == "true"
    assert owners.subscribed == 1


async def test_limits_of_the_same_figures_are_counted_apart(gateway: Gateway) -> None:
    for _ in range(3):
        await subscribe(gateway, "k-6")
    register = await gateway.http.post("/api/auth/register", json=REGISTER, headers=OURS)
    assert "ratelimit" in register.headers
    assert left(register) == quota(register) - 1
    assert left(await subscribe(gateway, "k-6")) == quota(register) - 4


async def test_beyond_the_limit_auth_is_not_asked(gateway: Gateway, owners: Owners) -> None:
    headers = {**OURS, "Cookie": "__Host-session=guess"}
    answers = await asyncio.gather(
        *(gateway.http.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=headers) for _ in range(90))
    )
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {"ratelimit", "ratelimit-policy", "retry-after"} <= set(refused[0].headers)
    asked = owners.authenticated
    other = {**OURS, "Cookie": "__Host-session=another-guess"}
    assert (await gateway.http.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=other)).status_code == 429
    assert owners.authenticated == asked


async def test_a_silent_route_looks_the_same_with_and_without_consent(gateway: Gateway, owners: Owners) -> None:
    answer = await gateway.http.post("/api/analytics/events", json={}, headers=OURS)
    assert answer.status_code == 204
    assert answer.headers["cache-control"] == "no-store"
    assert "ratelimit" in answer.headers


async def test_probes_that_come_together_cost_one_round(gateway: Gateway, owners: Owners) -> None:
    before = owners.health_asked
    answers = await asyncio.gather(*(gateway.http.get("/readyz") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert owners.health_asked - before <= 14


async def test_a_visit_is_logged_by_its_template_and_sizes(gateway: Gateway) -> None:
    answer = await gateway.http.post(
        "/api/text/simplify?lang=sv",
        json=SIMPLIFY,
        headers={**SIGNED_IN, "Referer": "https://skola.example/elev/anna?x=1", "User-Agent": "Firefox/1"},
    )
    (visit,) = await logged(gateway, "/api/text/{tool}")
    assert (visit.method, visit.status, visit.size_bytes) == ("POST", 200, len(answer.content))
    assert (visit.referrer, visit.browser) == ("skola.example", "Firefox")
    assert b"127.0.0.1" not in visit.address


async def test_a_browser_that_left_before_its_answer_is_logged_as_such(gateway: Gateway, owners: Owners) -> None:
    owners.generate = owners.silent
    asking = asyncio.create_task(gateway.http.post("/api/text/simplify", json=SIMPLIFY, headers=SIGNED_IN))
    await asyncio.sleep(0.3)
    asking.cancel()
    (visit,) = await logged(gateway, "/api/text/{tool}")
    assert visit.status == 499


async def test_visits_wait_for_a_database_that_fails(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    database, failing = gateway.service.database, True
    write: Any = database.write

    async def failed() -> None:
        raise ConnectionRefusedError

    def sometimes(*args: Any) -> Any:
        return failed() if failing and args else write(*args)

    monkeypatch.setattr(database, "write", sometimes)
    await gateway.http.get("/healthz")
    refused = await subscribe(gateway, "k-7")
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
    await asyncio.sleep(1.2)
    failing = False
    assert len(await logged(gateway, "/healthz")) == 1
    assert gateway.service.ready
