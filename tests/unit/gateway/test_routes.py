"""The gateway serves exactly the routes that the documents list."""

from types import SimpleNamespace

import pytest

from contracts.derive.access import HAND_WRITTEN
from contracts.table import Account
from services.gateway.api.application import Parts, by_hand
from services.gateway.api.route_table import RouteTable


class Anything:
    """Stands for every part; routes are only listed here, not served."""

    def __getattr__(self, name: str) -> object:
        return lambda *arguments: arguments[0]


def test_what_is_written_by_hand_is_documented_and_the_other_way_round() -> None:
    part = Anything()
    parts = Parts(contracts=part, pages=part, readiness=part, vendors=part)  # type: ignore[arg-type]
    served = {(next(iter(route.methods - {"HEAD"})), route.path) for route in by_hand(parts) if route.methods}
    assert served - {("GET", "/{page:path}"), ("GET", "/problems/{kind}")} == {
        (route.method, route.path) for route in HAND_WRITTEN
    }


@pytest.fixture
def table() -> RouteTable:
    nothing = SimpleNamespace(admission=None, repeats=None, leases=None, buses=dict.fromkeys(Account))
    return RouteTable(nothing)  # type: ignore[arg-type]


def test_a_contract_is_served_under_each_of_its_paths(table: RouteTable) -> None:
    assert {"/api/newsletter/subscriptions/confirm", "/api/newsletter/confirm"} <= set(table.paths())


@pytest.mark.parametrize(
    ("method", "path", "template", "parameters"),
    [
        ("GET", "/api/text/tools", "/api/text/tools", {}),
        ("HEAD", "/api/text/tools", "/api/text/tools", {}),
        ("POST", "/api/text/tools", "/api/text/{tool}", {"tool": "tools"}),
        ("GET", "/api/policy/2026-11-01/sv", "/api/policy/{version}/{lang}", {"version": "2026-11-01", "lang": "sv"}),
    ],
)
def test_a_route_is_found(table: RouteTable, method: str, path: str, template: str, parameters: dict[str, str]) -> None:
    found = table.find(method, path)
    assert found is not None
    assert (found.template, found.parameters) == (template, parameters)


@pytest.mark.parametrize("path", ["/api/text/", "/api/text", "/api/me/", "//api/me", "/api/text/a/b", "/", ""])
def test_what_is_no_contract_is_not_found(table: RouteTable, path: str) -> None:
    assert table.find("POST", path) is None
    assert table.methods(path) == set()
