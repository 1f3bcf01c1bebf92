"""Yesterday's copies put back: who was erased since then is not there for any request, and the platform says so.

It costs three starts of a platform: nothing less shows that a person stays gone at the door.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.rights import CaseFollowed, data_of
from tests.support.tables import rows

pytestmark = pytest.mark.xdist_group("restore")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Platform]:
    with Platform(tmp_path / "data") as running:
        yield running


def ops(platform: Platform, verb: str, *arguments: str) -> str:
    """An operator's verb on the platform's data, with targets and day keys beside it."""
    beside = platform.data.parent
    places = ["--data", str(platform.data), "--target", str(beside / "backups"), "--day-keys", str(beside / "days")]
    places += ["--subject-keys-target", str(beside / "key-backups")]
    command = [sys.executable, "-m", "ops", verb, *arguments, *places]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def put_back(platform: Platform, *arguments: str) -> None:
    platform.stop()
    ops(platform, "restore", "latest", "--force", *arguments)


async def test_who_was_erased_stays_gone_whatever_is_put_back(own: Platform) -> None:
    async with a_teacher(own, "text_tools") as anna, a_teacher(own, "text_tools") as bo:
        await anna.subscribes()
        await bo.subscribes()
        assert "written, read back and decrypted" in ops(own, "backup")
        await CaseFollowed(anna, await anna.invokes("erasure")).until("closed")

    put_back(own, "--service", "auth", "--service", "newsletter", "--service", "consent")
    own.start()
    await only_bo_is_there(own, anna, bo)
    assert "replaying commands" in own.log.read_text()

    put_back(own)
    put_back(own, "--keys-only")
    own.start()
    await only_bo_is_there(own, anna, bo)
    assert "ledger and its stream reconciled" in own.log.read_text()


async def only_bo_is_there(platform: Platform, anna: Person, bo: Person) -> None:
    async with somebody(platform) as visitor:
        credentials = {"email": anna.email, "password": anna.password}
        problem(await visitor.browser.post("/api/auth/login", credentials), 401, "unauthenticated")
    async with somebody(platform) as returned:
        bo.platform, bo.browser = platform, returned.browser
        await bo.logs_in()
        assert str(bo.canary) in str(await data_of(bo))
    assert len(rows(platform, "auth", "account")) == 1
    assert len(rows(platform, "newsletter", "subscription")) == 1
