"""Who may reach what: the table says it, policies/access.json expects it, and some of it is law."""

import json
from pathlib import Path

from contracts.consent import Purpose
from contracts.derive.access import access_document
from contracts.registry import ROUTES

EXPECTED = Path(__file__).parents[2] / "policies" / "access.json"


def test_access_is_what_policies_expect() -> None:
    assert access_document() == json.loads(EXPECTED.read_text()), "if this is meant: python -m ops generate"


def test_the_text_and_voice_tools_need_an_account_and_consent() -> None:
    account = access_document()["account"]
    assert account["POST /api/text/{tool}"]["purpose"] == Purpose.TEXT_TOOLS
    assert account["POST /api/speech/token"]["purpose"] == Purpose.VOICE_TOOLS


def test_rights_are_invoked_only_by_one_who_proved_to_be_the_person() -> None:
    fresh = access_document()["fresh-account"]
    assert {"POST /api/privacy/requests", "GET /api/privacy/requests/{id}/package"} <= set(fresh)


def test_withdrawing_is_as_easy_as_giving() -> None:
    visitor = access_document()["visitor"]
    assert visitor["DELETE /api/consent"] == visitor["PUT /api/consent"]


def test_no_secret_stands_in_a_path_of_the_table() -> None:
    paths = {call.http.path for call in ROUTES if call.http}
    assert not [path for path in paths if "{token}" in path or "{secret}" in path]
