"""The search that the promises rest on: it finds a marker in every form, and never where there is none."""

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.canary import Canary
from tests.support.platform import Platform
from tests.support.stores import PackedFile, Stores

FORMS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, other end first": lambda text: text.encode("utf-16-be"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "capitals": lambda text: text.upper().encode(),
    "JSON escapes": lambda text: json.dumps(text).encode(),
    "URL encoding": lambda text: quote(text).encode(),
    "URL encoding of every letter": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex in capitals": lambda text: text.encode().hex().upper().encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64, one byte later": lambda text: base64.b64encode(b"1" + text.encode()),
    "base64, two bytes later": lambda text: base64.b64encode(b"12" + text.encode()),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"\xff\xfe" + text.encode() + b"\xff\xfe"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_marker_is_found_in_every_form(form: str) -> None:
    canary = Canary()
    noise = os.urandom(1000)
    assert canary.is_in(noise + FORMS[form](f"Å {canary} är här") + noise)


def test_a_marker_is_not_found_where_it_is_not() -> None:
    assert not Canary().is_in(os.urandom(1_000_000) + str(Canary()).encode())


async def test_the_stores_are_searched_to_their_last_file(platform: Platform, stores: Stores) -> None:
    canary = Canary()
    hidden = platform.data / "nats" / "left-behind"
    hidden.write_bytes(b"\0" + str(canary).encode())
    try:
        assert list(stores.holding([canary])) == [str(hidden.relative_to(platform.data.parent))]
    finally:
        hidden.unlink()
    assert stores.holding([canary]) == {}


async def test_a_file_that_cannot_be_looked_into_is_refused_by_name(platform: Platform, stores: Stores) -> None:
    packed = platform.data / "backup.gz"
    packed.write_bytes(b"\x1f\x8b\x08\0")
    try:
        with pytest.raises(PackedFile, match=r"backup\.gz"):
            stores.holding([Canary()])
    finally:
        packed.unlink()


def test_the_stores_hold_the_databases_the_bus_and_the_output(stores: Stores) -> None:
    names = [Path(place) for place, _ in stores.places()]
    assert {"auth.db", "consent.db", "gateway.db", "dsar.db"} <= {name.name for name in names}
    assert [name for name in names if "nats" in name.parts and "store" in name.parts]
    assert Path("output of all processes") in names
