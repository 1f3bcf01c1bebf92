"""Problem documents (RFC 9457) as a client reads them."""

from typing import Any

import httpx


def problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The document, which must be whole, of this kind and status, and tell nothing of our insides."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers["content-type"]
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/problems/{kind}"
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["instance"]
    assert "Traceback" not in answer.text
    return found
