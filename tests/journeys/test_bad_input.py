"""Bad input, as clients, bugs and attackers send it: each becomes a problem of the right status, never a 500."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.support.people import Person, a_teacher, run, somebody
from tests.support.platform import Platform
from tests.support.problems import problem

JSON = {"Content-Type": "application/json"}
PASSWORD = "en lång mening som ingen gissar"
KIB = 1024
SIMPLIFY = "/api/text/simplify"
SUBSCRIPTIONS = "/api/newsletter/subscriptions"


@dataclass(frozen=True)
class Bad:
    """One bad request and what it must be answered with."""

    name: str
    status: int
    kind: str
    method: str = "POST"
    path: str = "/api/auth/login"
    content: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    signed_in: bool = False


def body(**members: Any) -> bytes:
    return json.dumps(members).encode()


LOGIN = body(email="anna@skola.example", password=PASSWORD)
BAD = (
    Bad("no body", 422, "invalid", content=b"", headers=JSON),
    Bad("malformed JSON", 400, "malformed", content=b'{"email": '),
    Bad("no UTF-8", 400, "malformed", content=b'{"email": "\xff\xfe"}'),
    Bad("nested without end", 400, "malformed", content=b"[" * 100_000),
    Bad("a list instead of an object", 422, "invalid", content=b"[]"),
    Bad("null instead of an object", 422, "invalid", content=b"null"),
    Bad("a number for text", 422, "invalid", content=body(email=1, password=PASSWORD)),
    Bad("an object for text", 422, "invalid", content=body(email={"$ne": ""}, password=PASSWORD)),
    Bad("a member missing", 422, "invalid", content=body(email="anna@skola.example")),
    Bad("an unknown member", 422, "invalid", content=body(email="a@b.example", password=PASSWORD, admin=True)),
    Bad("no address", 422, "invalid", content=body(email="anna", password=PASSWORD)),
    Bad("an address with a line break", 422, "invalid", content=body(email="a@b.se\nBcc: c@d.se", password="x")),
    Bad("an address no mail server carries", 422, "invalid", content=body(email="åsa@b.example", password=PASSWORD)),
    Bad("an address without end", 422, "invalid", content=body(email="a" * 300 + "@b.example", password=PASSWORD)),
    Bad(
        "a name with control characters",
        422,
        "invalid",
        path="/api/auth/register",
        content=body(email="a@b.example", password=PASSWORD, name="A\r\nB"),
    ),
    Bad(
        "a name of half a character",
        422,
        "invalid",
        path="/api/auth/register",
        content=b'{"email":"a@b.example","password":"en bra mening igen","name":"\\ud800"}',
    ),
    Bad("a token of another shape", 422, "invalid", path="/api/auth/verify-email", content=body(token="no token!")),
    Bad("a token that never was", 410, "gone", path="/api/auth/verify-email", content=body(token="A" * 43)),
    Bad("form data", 415, "unsupported-media-type", content=b"email=a", headers={"Content-Type": "text/plain"}),
    Bad("XML", 415, "unsupported-media-type", content=b"<a/>", headers={"Content-Type": "application/xml"}),
    Bad("no content type", 415, "unsupported-media-type", content=LOGIN, headers={"Content-Type": ""}),
    Bad("a body over the limit", 413, "too-large", content=body(email="x" * 300 * KIB)),
    Bad("no X-Requested-By", 403, "csrf", content=LOGIN, headers={"X-Requested-By": ""}),
    Bad("another X-Requested-By", 403, "csrf", content=LOGIN, headers={"X-Requested-By": "evil"}),
    Bad("another origin", 403, "csrf", content=LOGIN, headers={"Origin": "https://evil.example"}),
    Bad("the null origin", 403, "csrf", content=LOGIN, headers={"Origin": "null"}),
    Bad("an origin that is no address", 403, "csrf", content=LOGIN, headers={"Origin": "http://[::1"}),
    Bad("our name with another port", 403, "csrf", content=LOGIN, headers={"Origin": "http://localhost:1"}),
    Bad("a cross-site fetch", 403, "csrf", content=LOGIN, headers={"Sec-Fetch-Site": "cross-site"}),
    Bad("a same-site fetch", 403, "csrf", content=LOGIN, headers={"Sec-Fetch-Site": "same-site"}),
    Bad("an unknown route", 404, "not-found", path="/api/no/such/thing"),
    Bad("an unknown route, read", 404, "not-found", method="GET", path="/api/no/such/thing", content=b""),
    Bad("the emulators' door", 404, "not-found", method="GET", path="/__emu/requests", content=b""),
    Bad("a wrong method", 405, "method-not-allowed", method="PUT"),
    Bad("another wrong method", 405, "method-not-allowed", method="DELETE", path="/api/me", content=b""),
    Bad("a patch", 405, "method-not-allowed", method="PATCH", path="/api/me", content=b""),
    Bad("a write to a page", 405, "method-not-allowed", path="/login"),
    Bad("a version of another shape", 422, "invalid", method="GET", path="/api/policy/now/sv", content=b""),
    Bad("a version that never was", 404, "not-found", method="GET", path="/api/policy/1999-01-01/sv", content=b""),
    Bad("a parameter without end", 422, "invalid", method="GET", path=f"/api/policy/{'9' * 400}/sv", content=b""),
    Bad("an unknown parameter", 422, "invalid", method="GET", path="/api/policy?admin=1", content=b""),
    Bad(
        "parameters without end",
        422,
        "invalid",
        method="GET",
        path="/api/policy?" + "&".join(f"p{number}=1" for number in range(50)),
        content=b"",
    ),
    Bad("an expired or invented session", 401, "unauthenticated", method="GET", path="/api/me", content=b""),
    Bad("a newsletter without consent", 422, "invalid", path=SUBSCRIPTIONS, content=body(email="a@b.se")),
    Bad("a case of another shape", 422, "invalid", method="GET", path="/api/privacy/requests/1", content=b""),
    Bad("a case that never was", 404, "not-found", method="GET", path=f"/api/privacy/requests/{'A' * 22}", content=b""),
    Bad("an unknown right", 422, "invalid", path="/api/privacy/requests", content=body(right="all"), signed_in=True),
    Bad("an unknown purpose", 422, "invalid", "PUT", "/api/consent", body(purposes={"x": True}, notice_version="1")),
    Bad("a purpose with a word", 422, "invalid", "PUT", "/api/consent", body(purposes={"analytics": "perhaps"})),
    Bad("an unknown tool", 404, "not-found", path="/api/text/no-such-tool", content=body(**run("Hej")), signed_in=True),
    Bad("a tool of another shape", 422, "invalid", path="/api/text/NO", content=body(**run("Hej")), signed_in=True),
    Bad("no text", 422, "invalid", path=SIMPLIFY, content=body(inputs={}), signed_in=True),
    Bad("an empty text", 422, "invalid", path=SIMPLIFY, content=body(**run("")), signed_in=True),
    Bad("a list for text", 422, "invalid", path=SIMPLIFY, content=body(inputs={"text": []}), signed_in=True),
    Bad(
        "an unknown input",
        422,
        "invalid",
        path=SIMPLIFY,
        content=body(inputs={"text": "Hej", "wish": "x"}),
        signed_in=True,
    ),
)  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_bad_input_is_refused_with_a_problem_of_the_right_status(platform: Platform, bad: Bad) -> None:
    if bad.signed_in:
        async with a_teacher(platform, "text_tools") as anna:
            answer = await sent(anna, bad)
    else:
        async with somebody(platform) as visitor:
            visitor.browser.cookies["__Host-session"] = "A" * 43
            answer = await sent(visitor, bad)
    problem(answer, bad.status, bad.kind)
    assert "set-cookie" not in answer.headers or 'session=""' in answer.headers["set-cookie"]


async def sent(person: Person, bad: Bad) -> httpx.Response:
    headers = {**(JSON if bad.content else {}), **bad.headers}
    return await person.browser.request(bad.method, bad.path, content=bad.content, headers=headers)


@pytest.mark.parametrize(
    "path", ["/%00", f"/{'a' * 300}", f"/{'a/' * 2000}", "/%ff%fe", "/..%2f..%2fpyproject.toml", "/.git/config"]
)
async def test_an_odd_address_is_a_page_that_is_not_there(platform: Platform, path: str) -> None:
    async with somebody(platform, Referer="http://[::1") as visitor:
        answer = await visitor.browser.get(path)
    assert answer.status_code in {200, 404}
    assert answer.headers["content-type"].startswith(("text/html", "application/problem+json"))
    assert "[project]" not in answer.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept-Language", b"\xff\xfe"),
        ("Accept-Language", b"x" * 5000),
        ("Cookie", b"__Host-session=\xff\xfe; __Host-visitor=%00{"),
        ("Cookie", b"__Host-session=" + b"A" * 8000),
        ("Idempotency-Key", b"k" * 500),
        ("X-Case-Secret", b"\xff" * 500),
        ("User-Agent", b"\xff\xfe"),
        ("Referer", b"http://[::1"),
    ],
)
async def test_no_header_brings_a_route_down(platform: Platform, name: str, value: bytes) -> None:
    async with somebody(platform) as visitor:
        for method, path in (("GET", "/api/me"), ("GET", "/api/consent"), ("POST", SUBSCRIPTIONS)):
            headers: Any = {
                name.encode(): value,
                **({b"Content-Type": b"application/json"} if method == "POST" else {}),
            }
            content = body(email=visitor.email, consent=True) if method == "POST" else None
            answer = await visitor.browser.request(method, path, content=content, headers=headers)
            assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("size", [64 * KIB + 1, 150 * KIB])
@pytest.mark.parametrize("letter", ["a", "å"])
async def test_a_text_over_64_kib_is_refused_and_never_reaches_the_vendor(
    platform: Platform, size: int, letter: str
) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        text = f"{anna.canary} " + letter * (size // len(letter.encode()))
        content = json.dumps(run(text), ensure_ascii=False).encode()
        answer = await anna.browser.request("POST", "/api/text/simplify", content=content, headers=JSON)
        assert answer.status_code in {413, 422}, answer.text
        problem(answer, answer.status_code, {413: "too-large", 422: "invalid"}[answer.status_code])
        bodies = [request["bytes"] for request in platform.emu("azure_openai").requests()]
        assert max(bodies, default=0) < size


async def test_a_text_of_exactly_64_kib_is_taken(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        text = ("Solen lyser. " * 6000)[: 64 * KIB - 1] + "."
        answer = await anna.browser.post("/api/text/summarise", run(text, stream=False))
    assert answer.status_code == 200, answer.text


async def test_refusals_speak_the_language_of_the_browser(platform: Platform) -> None:
    titles = set()
    for language in ("sv", "nb", "en"):
        async with somebody(platform, **{"Accept-Language": language}) as visitor:
            answer = await visitor.browser.get("/api/me")
            titles.add(problem(answer, 401, "unauthenticated")["title"])
            assert answer.headers["content-language"] == language
    assert len(titles) == 3


async def test_a_refusal_never_repeats_what_it_refused(platform: Platform) -> None:
    async with somebody(platform) as anna:
        content = body(email=f"{anna.canary}\n@x", password=f"{anna.password_canary}", more=str(anna.canary))
        answer = await anna.browser.request("POST", "/api/auth/login", content=content, headers=JSON)
        told = problem(answer, 422, "invalid")
    assert {error["field"] for error in told["errors"]} >= {"email", "more"}
    assert str(anna.canary) not in answer.text
    assert str(anna.password_canary) not in answer.text


SPOILT = (b"", b"{", b"[]", b'{"unknown_member": 1}', b'{"x": NaN}', b'"text"', b"\x00", b'{"a":' * 5000)


def writing_routes(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every route that takes a body, by the published document."""
    for path, operations in document["paths"].items():
        for method in {"post", "put", "delete"} & set(operations):
            yield method.upper(), path


async def test_no_route_answers_spoilt_input_with_a_fault_of_ours(platform: Platform) -> None:
    wrong = []
    async with a_teacher(platform, "text_tools", "voice_tools") as anna:
        document = (await anna.browser.get("/api/openapi.json")).json()
        session = dict(anna.browser.cookies)
        for method, template in writing_routes(document):
            path = template.replace("{tool}", "simplify").replace("{id}", "A" * 22)
            for content in SPOILT:
                anna.browser.cookies = dict(session)
                answer = await anna.browser.request(method, path, content=content, headers=JSON)
                is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
                if answer.status_code >= 500 or (answer.status_code >= 400 and not is_problem):
                    wrong.append(f"{method} {path} {content[:20]!r}: {answer.status_code}")
    assert wrong == []


async def test_no_route_changes_anything_for_another_site(platform: Platform) -> None:
    wrong = []
    async with a_teacher(platform) as anna:
        document = (await anna.browser.get("/api/openapi.json")).json()
        headers = {**JSON, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        for method, template in writing_routes(document):
            if template.startswith(("/webhooks/", "/newsletter/unsubscribe/")):
                continue  # exempt by name: they bring their own secret
            path = template.replace("{tool}", "simplify").replace("{id}", "A" * 22)
            answer = await anna.browser.request(method, path, content=b"{}", headers=headers)
            if answer.status_code != 403 or answer.json()["type"] != "/problems/csrf":
                wrong.append(f"{method} {path}: {answer.status_code}")
        assert (await anna.browser.get("/api/me")).status_code == 200
    assert wrong == []
