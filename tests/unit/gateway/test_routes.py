"""The gateway serves exactly the routes that the documents list."""

from contracts.derive.access import HAND_WRITTEN
from services.gateway.api.application import Parts, application, by_hand


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


def test_a_contract_is_served_under_each_of_its_paths() -> None:
    part = Anything()
    parts = Parts(contracts=part, pages=part, readiness=part, vendors=part)  # type: ignore[arg-type]
    paths = {getattr(route, "path", "") for route in application(parts).router.routes}
    assert {"/api/newsletter/subscriptions/confirm", "/api/newsletter/confirm"} <= paths
