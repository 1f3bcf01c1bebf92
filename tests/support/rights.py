"""What a person does with the privacy centre: follow a case, fetch its package or certificate, verify it."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.people import Person
from tests.support.platform import Platform

WITHIN_SECONDS = 40
POLL_SECONDS = 0.1


def verified(certificate: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`python -m ops verify-certificate FILE`, as its reader runs it."""
    command = [sys.executable, "-m", "ops", "verify-certificate", str(certificate), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


class CaseFollowed:
    """A case as its data subject follows it, with or without an account."""

    def __init__(self, person: Person, opened: dict[str, Any]) -> None:
        self.id = str(opened["id"])
        self.person = person
        self.browser = person.browser
        self._headers = {"X-Case-Secret": str(opened["case_secret"])}

    async def now(self) -> dict[str, Any]:
        answer = await self.browser.get(f"/api/privacy/requests/{self.id}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json()
        return case

    async def until(self, *states: str, within_seconds: float = WITHIN_SECONDS) -> dict[str, Any]:
        """Wait until the case is in one of these states."""
        deadline = time.monotonic() + within_seconds
        while True:
            # While a service is being replaced the answer is a 503; a person asks again.
            answer = await self.browser.get(f"/api/privacy/requests/{self.id}", headers=self._headers)
            if answer.status_code == 200 and answer.json()["state"] in states:
                case: dict[str, Any] = answer.json()
                return case
            assert answer.status_code in {200, 503, 504}, answer.text
            assert time.monotonic() < deadline, f"{answer.text} after {within_seconds} s"
            await asyncio.sleep(POLL_SECONDS)

    async def certificate(self, folder: Path) -> Path:
        """The certificate as a file."""
        answer = await self.browser.get(f"/api/privacy/requests/{self.id}/certificate", headers=self._headers)
        assert answer.status_code == 200, answer.text
        path = folder / f"certificate-{self.id}.json"
        path.write_bytes(answer.content)
        return path

    async def readable_certificate(self) -> str:
        headers = {**self._headers, "Accept": "text/html"}
        answer = await self.browser.get(f"/api/privacy/requests/{self.id}/certificate", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/html")
        return answer.text


async def data_of(person: Person) -> dict[str, Any]:
    """Everything held about somebody, as they see it."""
    answer = await person.browser.get("/api/privacy/data")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows_by_store(document: dict[str, Any]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The rows of an export by service and store; pages of one store are put together."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for service in document["services"]:
        for store in service["stores"]:
            found.setdefault((service["service"], store["store"]), []).extend(store["rows"])
    return {place: rows for place, rows in found.items() if rows}


def steady(document: dict[str, Any], *moving: str) -> str:
    """An export without the members that change by looking at it, in one order: equal if nothing else changed."""
    rows = rows_by_store(document)
    kept = [
        [*place, sorted(json.dumps({k: v for k, v in row.items() if k not in moving}, sort_keys=True) for row in found)]
        for place, found in sorted(rows.items())
    ]
    return json.dumps(kept, indent=1, ensure_ascii=False)


def log_key(platform: Platform) -> str:
    """The log's public key, from the installation and not from a certificate."""
    from ops.run.keys import KeyRing  # noqa: PLC0415  # only what verifies a certificate needs it

    return KeyRing(platform.data / "keys").ed25519_public("log")
