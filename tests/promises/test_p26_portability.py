"""P26: Portability: machine-readable, with a published schema."""

import io
import json
import zipfile
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed

pytestmark = pytest.mark.promise("P26")


async def taken_along(anna: Person) -> dict[str, Any]:
    """The JSON of somebody's package."""
    case = CaseFollowed(anna, await anna.invokes("portability"))
    await case.until("closed")
    packed = (await anna.browser.get(f"/api/privacy/requests/{case.id}/package")).content
    with zipfile.ZipFile(io.BytesIO(packed)) as package:
        data: dict[str, Any] = json.loads(package.read("data.json"))
    return data


async def published(platform: Platform, address: str) -> Draft202012Validator:
    """The schema that a document names, as anybody can fetch it without an account."""
    assert address.startswith(platform.url)
    async with somebody(platform) as another:
        answer = await another.browser.get(address.removeprefix(platform.url))
    assert answer.headers["content-type"] == "application/schema+json"
    Draft202012Validator.check_schema(answer.json())
    return Draft202012Validator(answer.json(), format_checker=Draft202012Validator.FORMAT_CHECKER)


async def test_what_somebody_takes_along_keeps_to_the_schema_that_it_names(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools", "voice_tools", "analytics") as anna:
        await anna.uses("Solen skiner.")
        await anna.subscribes()
        data = await taken_along(anna)
        shown = (await anna.browser.get("/api/privacy/data")).json()
    validator = await published(platform, data["schema"])
    assert [error.message for document in (data, shown) for error in validator.iter_errors(document)] == []
    assert {"auth", "consent", "newsletter"} <= {one["service"] for one in data["services"] if one["stores"]}


async def test_a_column_or_a_store_that_is_declared_nowhere_does_not_fit(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        data = await taken_along(anna)
    validator = await published(platform, data["schema"])
    (auth,) = [one for one in data["services"] if one["service"] == "auth"]
    auth["stores"][0]["rows"][0]["national_id"] = "x"
    assert not validator.is_valid(data)
    del auth["stores"][0]["rows"][0]["national_id"]
    assert validator.is_valid(data)
    auth["stores"][0]["store"] = "shadow"
    assert not validator.is_valid(data)
