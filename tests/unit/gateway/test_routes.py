"""The gateway serves exactly the routes that the documents list."""

from contracts.derive.access import HAND_WRITTEN
from services.gateway.api.application import Parts, by_hand


class Anything:
    """Stands for every part; routes are only listed here, not served."""

    def __getattr__(self, name: str) -> object:
        return lambda request: request


def test_what_is_written_by_hand_is_documented_and_the_other_way_round() -> None:
    part = Anything()
    parts = Parts(contracts=part, pages=part, readiness=part, vendors=part)  # type: ignore[arg-type]
    served = {(next(iter(route.methods - {"HEAD"})), route.path) for route in by_hand(parts) if route.methods}
    assert served - {("GET", "/{page:path}")} == {(route.method, route.path) for route in HAND_WRITTEN}
