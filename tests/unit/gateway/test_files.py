"""The web app's files go out packed where the build packed them and the browser takes it, whole or in parts."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.types import Message, Scope

from services.gateway.api.files import best_encoding, file_response, understood_ranges
from services.gateway.api.http_request import OURS, HttpRequest

CONTENT = "0123456789"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "index-abc.js"
    file.write_text(CONTENT)
    file.with_name("index-abc.js.br").write_text("br")
    file.with_name("index-abc.js.gz").write_text("gz")
    return file


async def fetched(file: Path, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    fields = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {
        "type": "http", "method": method, "path": "/", "query_string": b"", "headers": fields, "client": None
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope[OURS] = HttpRequest(scope, receive)
    scope["asgi"] = {"spec_version": "2.4"}
    await file_response(file, scope, "no-cache")(scope, receive, send)
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], named, b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("", "identity"),
        ("br;q=0", "identity"),
        ("br;q=0.0, gzip", "gzip"),
        ("br; q=0, *", "gzip"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("gzip;q=0.5, br;q=0.1", "gzip"),
        ("GZIP", "gzip"),
        ("identity, br;q=0.5", "identity"),
        ("abracadabra", "identity"),
        ("x-br, brotli", "identity"),
        ("gzip;q=nonsense", "identity"),
    ],
)
def test_the_encoding_is_the_best_liked_one(accepted: str, encoding: str) -> None:
    assert best_encoding(accepted, ["br", "gzip"]) == encoding


async def test_a_packed_file_says_so(script: Path) -> None:
    status, headers, body = await fetched(script, accept_encoding="br, gzip")
    assert (status, headers["content-encoding"], body) == (200, "br", b"br")
    assert headers["content-type"].startswith("text/javascript")
    assert headers["vary"] == "Accept-Encoding"


async def test_what_was_not_packed_goes_out_as_it_is(tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    picture.write_text("<svg/>")
    status, headers, body = await fetched(picture, accept_encoding="br")
    assert (status, body) == (200, b"<svg/>")
    assert "content-encoding" not in headers
    assert headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize(
    "asked",
    ["items=0-5", "bytes", "bytes=", "bytes=abc", "bytes=5-2", "bytes=0-1;2-3", "seconds=1-2", "=0-5", "", "bytes=--1",
     "bytes=" + ",".join(f"{n}-{n}" for n in range(9)), "bytes=0-1,x", "bytes=-0"],
)  # fmt: skip
async def test_a_range_that_is_none_of_ours_is_ignored(script: Path, asked: str) -> None:
    status, _, body = await fetched(script, range=asked)
    assert (status, body.decode()) == (200, CONTENT)


@pytest.mark.parametrize(
    ("asked", "part", "sent"),
    [
        ("bytes=0-4", "bytes 0-4/10", "01234"),
        ("BYTES=5-", "bytes 5-9/10", "56789"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=8-99", "bytes 8-9/10", "89"),
        ("bytes=0-0,50-60", "bytes 0-0/10", "0"),
        ("bytes=-99", "bytes 0-9/10", CONTENT),
    ],
)
async def test_a_part_is_sent_alone(script: Path, asked: str, part: str, sent: str) -> None:
    status, headers, body = await fetched(script, range=asked)
    assert (status, headers["content-range"], body.decode()) == (206, part, sent)


async def test_several_parts_are_sent_together(script: Path) -> None:
    status, headers, body = await fetched(script, range="bytes=0-1,8-9")
    assert status == 206
    assert headers["content-type"].startswith("multipart/byteranges")
    assert b"01" in body
    assert b"89" in body
    assert int(headers["content-length"]) == len(body)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=50-60", "bytes=50-60,70-"])
async def test_a_part_beyond_the_end_is_a_problem_document(script: Path, asked: str) -> None:
    status, headers, body = await fetched(script, range=asked)
    assert (status, headers["content-type"]) == (416, "application/problem+json")
    assert headers["content-range"] == "bytes */10"
    assert orjson.loads(body)["type"] == "/problems/range-not-satisfiable"


async def test_a_part_of_another_version_is_answered_with_the_whole(script: Path) -> None:
    etag = (await fetched(script))[1]["etag"]
    assert (await fetched(script, range="bytes=0-4", if_range=etag))[0] == 206
    assert (await fetched(script, range="bytes=0-4", if_range='"another"'))[0] == 200
    assert (await fetched(script, range="bytes=99-", if_range='"another"'))[0] == 200


async def test_a_head_has_the_length_of_the_whole(script: Path) -> None:
    status, headers, body = await fetched(script, "HEAD", range="bytes=0-4")
    assert (status, headers["content-length"], body) == (200, "10", b"")


def test_many_small_parts_are_not_understood() -> None:
    assert understood_ranges("bytes=" + ",".join("0-0" for _ in range(1000))) == []
