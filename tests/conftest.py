"""What all tests share: one running platform, and a collector of its traces."""

from collections.abc import Iterator

import pytest

from tests.support.aged import Aged, a_month
from tests.support.platform import Platform
from tests.support.spans import SpanSink
from tests.support.stores import Stores

OURS = "tests/"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "promise(id): the promise of the privacy policy that a file proves")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of an xdist group together, and of a module whose tests share what it starts.

    xdist 3.8 hangs the group's name on an attribute that pytest 9.2 no longer builds the test's id from, so that its
    groups are silently none; here it is hung on the one that counts.
    """
    if not config.getoption("loadgroup", default=False):
        return
    for item in items:
        marker = item.get_closest_marker("xdist_group")
        group = marker.args[0] if marker else item.nodeid.partition("::")[0] if shares_a_module(item) else ""
        if group:
            item._id = type(item._id).parse(f"{item.nodeid}@{group}")  # noqa: SLF001


def shares_a_module(item: pytest.Item) -> bool:
    """Whether it uses a fixture of its module, which would otherwise be started in both workers."""
    information = getattr(item, "_fixtureinfo", None)
    definitions = information.name2fixturedefs.values() if information else ()
    return any(found.scope == "module" and OURS in found.baseid for each in definitions for found in each)


@pytest.fixture(scope="session")
def spans() -> Iterator[SpanSink]:
    with SpanSink() as sink:
        yield sink


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, spans: SpanSink) -> Iterator[Platform]:
    """One per pytest process (so one per xdist worker); a test that harms it for good brings its own.

    It tells as much about itself as it can, logs and traces, so that a search for what must not be told finds it.
    """
    settings = {"LARABOT_OTLP_ENDPOINT": spans.url, "LARABOT_LOG_LEVEL": "debug"}
    with Platform(tmp_path_factory.mktemp("platform") / "data", settings=settings) as running:
        yield running


@pytest.fixture
def stores(platform: Platform, spans: SpanSink) -> Stores:
    return Stores(platform, spans)


@pytest.fixture(scope="session")
def a_month_later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aged]:
    """For tests of the xdist group "time"."""
    with a_month(tmp_path_factory.mktemp("aged") / "data") as aged:
        yield aged
