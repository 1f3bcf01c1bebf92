"""What an erasure tells each holder is what the holder declared, no more and no less."""

import importlib

import pytest

from contracts.holder import LOCATORS_BY_HOLDER, SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_a_holder_is_told_the_kinds_of_identifier_that_its_inventory_declares(service: str) -> None:
    inventory = importlib.import_module(f"services.{service}.inventory").INVENTORY
    declared = {part.holder: frozenset(part.locators) for part in inventory.holders()}
    assert declared == {holder: LOCATORS_BY_HOLDER[holder] for holder in declared}
