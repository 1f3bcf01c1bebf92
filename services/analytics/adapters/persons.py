"""PostHog's private interface for persons: its SDK cannot delete them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from chassis.telemetry import Log
from services.analytics.ports import RecipientRefused, RecipientUnavailable

CALL_SECONDS = 10.0
ATTEMPTS = 3
# What is about our key or our pace, and so about every call.
OURS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})

log = Log("persons")


class PostHogPersons:
    """Pseudonyms stand in its addresses: they are random, and the private key stands in a header."""

    def __init__(self, api_host: str, project_id: int, personal_api_key: str) -> None:
        self._persons = f"/api/projects/{project_id}/persons/"
        self._http = httpx.AsyncClient(
            base_url=api_host,
            headers={"Authorization": f"Bearer {personal_api_key}", "User-Agent": "larabot"},
            timeout=CALL_SECONDS,
            trust_env=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def find(self, distinct_id: str) -> Sequence[Mapping[str, Any]]:
        return _results(await self._ask("GET", self._persons, params={"distinct_id": distinct_id}))

    async def erase(self, distinct_id: str) -> None:
        order = {
            "distinct_ids": [distinct_id],
            "delete_events": True,
            "delete_recordings": True,
            "keep_person": False,
        }
        answer = await self._ask("POST", f"{self._persons}bulk_delete/", json=order)
        errors = answer.get("deletion_errors") or []
        if errors:
            log.failure("deletion refused", count=len(errors), vendor="posthog")
            raise RecipientRefused("deletion-errors")

    async def erased(self, person: str) -> bool:
        query = {"person_uuid": person, "status": "all"}
        found = _results(await self._ask("GET", f"{self._persons}deletion_status/", params=query))
        return bool(found) and all(one.get("delete_verified_at") for one in found)

    async def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        attempts = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential_jitter(initial=0.2, max=2),
            retry=retry_if_exception_type(httpx.TransportError),
            reraise=True,
        )
        try:
            answer: httpx.Response = await attempts(self._http.request, method, path, **options)
        except httpx.TransportError:
            raise RecipientUnavailable("no-answer") from None
        if not answer.is_success:
            raise _failure(answer.status_code)
        return _object(answer)


def _failure(status: int) -> RecipientUnavailable | RecipientRefused:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        log.failure("personal key refused", status=status, vendor="posthog")
    return RecipientUnavailable(f"status-{status}") if status in OURS else RecipientRefused(f"status-{status}")


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        raise RecipientRefused("unreadable-answer") from None
    if not isinstance(content, dict):
        raise RecipientRefused("unreadable-answer")
    return content


def _results(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    results = content.get("results")
    if not isinstance(results, list):
        raise RecipientRefused("unreadable-answer")
    return results
