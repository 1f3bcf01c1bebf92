"""The web app's files go out packed where the build packed them and the browser takes it."""

from pathlib import Path

import pytest

from services.gateway.api.pages import file_response


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "index-abc.js"
    file.write_text("plain")
    file.with_name("index-abc.js.br").write_text("br")
    file.with_name("index-abc.js.gz").write_text("gz")
    return file


@pytest.mark.parametrize(
    ("accepted", "encoding", "name"),
    [
        ("gzip, deflate, br, zstd", "br", "index-abc.js.br"),
        ("gzip, deflate", "gzip", "index-abc.js.gz"),
        ("", None, "index-abc.js"),
    ],
)
def test_a_browser_gets_the_smallest_form_it_takes(
    script: Path, accepted: str, encoding: str | None, name: str
) -> None:
    answer = file_response(script, accepted, "no-cache")
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "Accept-Encoding"
    assert Path(getattr(answer, "path")).name == name  # noqa: B009  # a Response in general has none


def test_what_was_not_packed_goes_out_as_it_is(tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    picture.write_text("<svg/>")
    answer = file_response(picture, "br", "no-cache")
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-type"].startswith("image/svg+xml")
