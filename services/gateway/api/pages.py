"""The web app's files, the API's own page, and the addresses that others look for under /.well-known/."""

import html
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from chassis import plain_page
from chassis.clock import Clock
from services.gateway.api.files import file_response
from services.gateway.api.problems import TEXTS

OPENAPI = Path("contracts/schemas/openapi.json")
PERSONAL_DATA = Path("contracts/schemas/personal-data-v1.json")
SECURITY_TXT_VALID = timedelta(days=180)
NO_PAGES = frozenset({"api", "__emu", "webhooks", ".well-known", "healthz", "readyz"})
NOT_FOUND = 404
IMMUTABLE = "public, max-age=31536000, immutable"
NOT_BUILT = "<!doctype html><title>Larabot</title><p>The web app is not built: run make web."


class Pages:
    """Serves what is the same for everybody: no page depends on a session."""

    def __init__(self, web_dir: Path, public_url: str, clock: Clock) -> None:
        self._root = web_dir.resolve()
        self._public_url = public_url
        self._clock = clock
        self._openapi = OPENAPI.read_bytes()
        self._personal_data = PERSONAL_DATA.read_bytes()
        self._docs = docs_page(json.loads(self._openapi))

    async def app(self, request: Request) -> ASGIApp:
        """A file of the web app, or its one page, which finds its way by itself."""
        path = request.path_params.get("page", "")
        if not may_be_page(path):
            raise HTTPException(NOT_FOUND)
        file = self._file(path)
        if file is not None:
            return file_response(file, request.scope, IMMUTABLE if "assets/" in path else "no-cache")
        if "." in path.rpartition("/")[2]:  # a file that is not there: a page in its place would be taken for it
            raise HTTPException(NOT_FOUND)
        index = self._index
        return (
            HTMLResponse(NOT_BUILT, status_code=503)
            if index is None
            else file_response(index, request.scope, "no-cache")
        )

    async def problem(self, request: Request) -> Response:
        """The page of one kind of problem, where every problem document's `type` leads (RFC 9457, section 3.1.1).

        The web app explains it in the reader's language; who reads without script finds it in all three.
        """
        explained = TEXTS.get(request.path_params["kind"])
        index = self._index
        if index is None:
            return HTMLResponse(NOT_BUILT, status_code=503)
        page = index.read_text(encoding="utf-8")
        if explained is None:
            return HTMLResponse(page, status_code=NOT_FOUND)
        return HTMLResponse(page.replace("</body>", f"{without_script(explained)}</body>"))

    @property
    def _index(self) -> Path | None:
        index = self._root / "index.html"
        return index if index.is_file() else None

    def _file(self, path: str) -> Path | None:
        try:
            file = (self._root / path).resolve()
            is_ours = file.is_relative_to(self._root) and file.is_file() and not file.name.startswith(".")
        except (OSError, ValueError):  # too long for a file's name, or no name at all
            return None
        return file if path and is_ours else None

    async def openapi(self, request: Request) -> Response:  # noqa: ARG002 — a route's shape
        """The OpenAPI document."""
        return Response(self._openapi, media_type="application/json")

    async def personal_data_schema(self, request: Request) -> Response:  # noqa: ARG002 — likewise
        """The schema that a person's data in JSON keeps to."""
        return Response(self._personal_data, media_type="application/schema+json")

    async def docs(self, request: Request) -> Response:  # noqa: ARG002 — a route's shape
        """The OpenAPI document as a page without any script."""
        return HTMLResponse(self._docs)

    async def security_txt(self, request: Request) -> Response:  # noqa: ARG002 — a route's shape
        """RFC 9116."""
        expires = (self._clock.now() + SECURITY_TXT_VALID).strftime("%Y-%m-%dT00:00:00Z")
        lines = ["Contact: mailto:kontakt@larabot.se", f"Expires: {expires}", "Preferred-Languages: sv, nb, en"]
        return PlainTextResponse("\n".join([*lines, f"Canonical: {self._public_url}/.well-known/security.txt", ""]))

    async def change_password(self, request: Request) -> Response:  # noqa: ARG002 — a route's shape
        """Where password managers send people (W3C change-password URL)."""
        return RedirectResponse("/account/security", status_code=303)

    async def gpc(self, request: Request) -> Response:  # noqa: ARG002 — a route's shape
        """Global Privacy Control is honoured."""
        return JSONResponse({"gpc": True, "lastUpdate": "2026-11-22"})


def may_be_page(path: str) -> bool:
    """Whether the web app may answer under a path, which is without its first slash."""
    first = path.partition("/")[0]
    return first.lower() not in NO_PAGES and (bool(first) or not path)


def without_script(explained: Mapping[str, Mapping[str, str]]) -> str:
    """A problem's words in every language."""
    sections = "".join(
        f'<section lang="{language}"><h1>{html.escape(words["title"])}</h1>'
        f"<p>{html.escape(words['detail'])}</p></section>"
        for language, words in explained.items()
    )
    return f"<noscript><main>{sections}</main></noscript>"


def docs_page(document: dict[str, Any]) -> str:
    """Render the routes as one plain table."""
    rows = [
        f"<tr><td><code>{method.upper()}</code></td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(operation.get('summary', ''))}</td></tr>"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
    ]
    title = document["info"]["title"]
    return (
        f"{plain_page.begin(title, 'en')}"
        '<p>The whole document: <a href="/api/openapi.json">openapi.json</a></p>'
        f"{plain_page.begin_table('Routes')}<thead><tr><th>Method<th>Path<th>What it does</thead>"
        f"<tbody>{''.join(rows)}</tbody>{plain_page.TABLE_END}{plain_page.END}"
    )
