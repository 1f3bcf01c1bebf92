"""A platform of their own for tests that kill: shared among them, and by nobody else."""

from collections.abc import Iterator

import pytest

from tests.support.core_files import core_files_allowed
from tests.support.platform import Platform


@pytest.fixture(scope="session")
def harmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """For tests of the xdist group "faults". Started where processes may dump: ours must not all the same."""
    with core_files_allowed(), Platform(tmp_path_factory.mktemp("harmed") / "data") as running:
        yield running
