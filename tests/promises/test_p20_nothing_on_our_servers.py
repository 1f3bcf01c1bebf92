"""P20: Text is not kept on our servers after use, and touches no disk while it is used."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import http
from tests.support.people import a_teacher, run
from tests.support.platform import Platform
from tests.support.stores import Stores
from tests.support.texts import Marked

pytestmark = pytest.mark.promise("P20")

HANDLERS = ("gateway", "textproxy", "nats-server")


async def test_while_a_text_is_in_use_it_is_in_no_file_of_ours(platform: Platform, stores: Stores) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        text = Marked("simplify")
        platform.emu("azure_openai").faults(match={"body": str(text.canary)}, pace_seconds=0.1)
        using = asyncio.create_task(text.used_by(anna))
        await text.seen_by_the_vendor(platform)
        await asyncio.sleep(1)
        assert stores.holding([text.canary], with_mail=True) == {}
        assert not using.done()
        await using


def test_the_account_that_carries_text_cannot_store(platform: Platform) -> None:
    found = http.get(f"{platform.nats_monitor}/jsz?accounts=true&streams=true&config=true").json()
    accounts = {account["name"]: account for account in found["account_details"]}
    assert "CONTENT" not in accounts
    subjects = [
        subject
        for account in accounts.values()
        for stream in account.get("stream_detail", [])
        for subject in stream["config"]["subjects"]
    ]
    assert subjects
    assert not [subject for subject in subjects if not subject.startswith(("evt.", "timer.", "dlq.", "ledger."))]


@pytest.mark.skipif(sys.platform != "linux", reason="open files are listed under /proc")
async def test_no_process_holds_a_hidden_file_open(platform: Platform) -> None:
    """Files that were deleted while open are in no directory; their bytes still are on the disk."""
    async with a_teacher(platform, "text_tools") as anna:
        text = Marked("simplify")
        await text.used_by(anna)
    hidden = []
    for name in HANDLERS:
        for descriptor in Path(f"/proc/{platform.pids[name]}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed while we look: then nobody can read it any more
                target = str(descriptor.readlink())
                if target.endswith("(deleted)") and text.canary.is_in(descriptor.read_bytes()):
                    hidden.append(f"{name}: {target}")
    assert hidden == []


async def test_a_text_that_was_refused_is_not_kept_for_another_try(platform: Platform, stores: Stores) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        text = Marked("simplify")
        platform.emu("azure_openai").faults(match={"body": str(text.canary)}, status=503, times=None)
        answer = await anna.browser.post("/api/text/simplify", run(text.text, stream=False))
        assert answer.status_code in {502, 503}
        tried = len(await text.seen_by_the_vendor(platform))
        await asyncio.sleep(3)
        assert len(await text.seen_by_the_vendor(platform)) == tried
        assert stores.holding([text.canary], with_mail=True) == {}
