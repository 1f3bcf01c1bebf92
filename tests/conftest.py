"""What all tests share: one running platform."""

from collections.abc import Iterator

import pytest

from tests.support.platform import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One per pytest process (so one per xdist worker); a test that harms it for good brings its own."""
    with Platform(tmp_path_factory.mktemp("platform") / "data") as running:
        yield running
