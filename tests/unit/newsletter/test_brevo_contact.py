"""What Brevo holds is told in full, member by member."""

from brevo.contacts.types import GetContactInfoResponse
from brevo.core.unchecked_base_model import construct_type

from services.newsletter.adapters.brevo import described

ANSWER = {
    "email": "anna@skola.example",
    "attributes": {"LANGUAGE": "sv", "OPT_IN_AT": "2026-11-23"},
    "listIds": [1],
    "createdAt": "2026-11-23T09:00:00.000Z",
    "modifiedAt": "2026-11-23T09:00:00.000Z",
}


def test_attributes_are_told_by_name() -> None:
    contact = construct_type(type_=GetContactInfoResponse, object_=ANSWER)
    assert described(contact)["attributes"] == {"LANGUAGE": "sv", "OPT_IN_AT": "2026-11-23"}
