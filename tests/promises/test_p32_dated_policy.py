"""P32: The policy is dated; a change is a new version."""

import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from contracts import consent
from contracts.errors import ErrorKind
from contracts.identifiers import new_id
from tests.support.nats import NatsServer
from tests.support.notice import notice_of
from tests.support.people import a_teacher
from tests.support.platform import Platform
from tests.support.running_service import ROOT, BusClient, RunningService

pytestmark = pytest.mark.promise("P32")

DATED = re.compile(r"^(?:Senast uppdaterad|Sist oppdatert|Last updated): (\d\d)\.(\d\d)\.(\d{4})\.$", re.MULTILINE)
NEXT = "2027-01-15"


@dataclass
class Publisher:
    """The consent service of an operator who may publish another policy, and an account's view of it."""

    service: RunningService
    gateway: BusClient
    account_id: str
    first: str

    async def publish(self, *, consents_hold_since: Collection[str]) -> None:
        """Put a next version in force."""
        texts, notice = self.service.root / "policies/text", self.service.root / "policies/notice.json"
        shutil.copytree(texts / self.first, texts / NEXT)
        said = json.loads(notice.read_text())
        notice.write_text(json.dumps({**said, "in_force": NEXT, "consents_hold_since": list(consents_hold_since)}))
        await self.service.restart()

    async def agree(self, version: str) -> consent.ConsentSet:
        body = {"purposes": {"text_tools": True}, "notice_version": version}
        return await self.gateway.get(consent.SET, consent.ConsentSet, body, account_id=self.account_id)

    async def agreed(self) -> bool:
        body = {"account_id": self.account_id}
        return bool((await self.gateway.get(consent.GRANTED, consent.Granted, body)).purposes)


@pytest.fixture
async def publisher(tmp_path: Path) -> AsyncIterator[Publisher]:
    root = tmp_path / "released"
    for folder in ("services", "chassis", "kernel", "contracts", "policies"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    async with NatsServer(tmp_path / "nats") as server:
        service = RunningService("consent", server, tmp_path, evidence_key="5a" * 32)
        service.root = root
        async with service, BusClient("gateway", server, service.clock) as gateway:
            policy = await gateway.get(consent.POLICY, consent.PolicyVersion)
            yield Publisher(service, gateway, new_id(), policy.version)


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
async def test_the_published_text_bears_the_date_that_is_its_version(platform: Platform, language: str) -> None:
    found = DATED.search(await notice_of(platform, language))
    assert found
    day, month, year = found.groups()
    async with platform.browser() as visitor:
        assert (await visitor.get("/api/policy")).json()["version"] == f"{year}-{month}-{day}"


async def test_a_consent_is_bound_to_the_very_text_that_was_shown(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        receipt = (await anna.consents(text_tools=True))["receipt"]
    text = await notice_of(platform, receipt["language"])
    assert receipt["notice_hash"] == hashlib.sha256(text.encode()).hexdigest()


async def test_a_corrected_typo_is_a_new_version_and_asks_nobody_again(publisher: Publisher) -> None:
    before = await publisher.agree(publisher.first)
    await publisher.publish(consents_hold_since=[publisher.first, NEXT])
    assert await publisher.agreed()
    history = await publisher.gateway.get(consent.RECEIPTS, consent.Receipts, account_id=publisher.account_id)
    assert [receipt.notice_version for receipt in history.receipts] == [before.notice_version]


async def test_a_change_of_substance_asks_everybody_again_and_under_the_new_text_only(publisher: Publisher) -> None:
    await publisher.agree(publisher.first)
    await publisher.publish(consents_hold_since=[NEXT])
    assert not await publisher.agreed()
    body = {"purposes": {"text_tools": True}, "notice_version": publisher.first}
    refused = await publisher.gateway.refused(consent.SET, body, account_id=publisher.account_id)
    assert (refused.kind, refused.members["current"]) == (ErrorKind.CONFLICT, NEXT)
    assert (await publisher.agree(NEXT)).receipt.notice_version == NEXT
    assert await publisher.agreed()


async def test_the_text_that_was_agreed_to_stays_to_be_read(publisher: Publisher) -> None:
    before = await publisher.agree(publisher.first)
    await publisher.publish(consents_hold_since=[NEXT])
    asked = {"version": publisher.first, "lang": before.receipt.language}
    kept = await publisher.gateway.get(consent.POLICY_TEXT, consent.PolicyText, asked)
    assert kept.hash == before.receipt.notice_hash
