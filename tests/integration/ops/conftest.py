"""Where backups go in these tests: a folder and a bucket, each in turn."""

from pathlib import Path

import pytest

from ops.backup.targets import Target, open_target
from tests.support.postgres import PostgresServer, postgres
from tests.support.s3 import S3Server, s3

__all__ = ["PostgresServer", "postgres", "s3"]


@pytest.fixture(params=["folder", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    if request.param == "folder":
        return open_target(str(tmp_path / "target"), {})
    server: S3Server = request.getfixturevalue("s3")
    return open_target(f"s3://{server.new_bucket()}/of/larabot", server.settings)
