"""Everything held about a person: every service is asked for its own kinds, and none is left out in silence."""

import pytest

from contracts.errors import ErrorKind, Refusal
from contracts.holder import SERVICES, ExportedStore, ExportPage
from tests.unit.dsar.conftest import ACCOUNT, ADDRESS, World

STORE = ExportedStore(
    store="toy", categories=[], purpose="", legal_basis="", retention="P1D", source="", recipients=[], rows=[{"n": 1}]
)


async def test_the_pages_of_a_service_come_in_order_after_its_name(world: World) -> None:
    second = STORE.model_copy(update={"rows": [{"n": 2}]})
    world.holders.pages["auth"] = [ExportPage(stores=[STORE], cursor="1"), ExportPage(stores=[second])]
    pieces = [piece async for piece in world.gathering.pieces(ACCOUNT, "visitor-of-kim")]
    assert [piece.service for piece in pieces if piece.store is None] == list(SERVICES)
    assert [piece.store.rows for piece in pieces if piece.store] == [[{"n": 1}], [{"n": 2}]]
    assert world.holders.told["auth"] == {"account_id": [ACCOUNT], "email": [ADDRESS]}
    assert world.holders.told["analytics"] == {"visitor_id": ["visitor-of-kim"]}


async def test_a_service_that_is_away_is_named(world: World) -> None:
    world.holders.away.add("newsletter")
    with pytest.raises(Refusal) as refusal:
        await world.gathering.everything_answers(ACCOUNT)
    assert (refusal.value.kind, refusal.value.members["service"]) == (ErrorKind.UNAVAILABLE, "newsletter")


async def test_a_service_that_never_ends_is_stopped(world: World) -> None:
    world.holders.pages["auth"] = [ExportPage(stores=[], cursor="0")]
    with pytest.raises(Refusal) as refusal:
        await world.gathering.everything_answers(ACCOUNT)
    assert refusal.value.reason == "holder-endless"
