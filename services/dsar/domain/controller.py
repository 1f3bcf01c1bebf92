"""Who answers for the processing, and to whom a person may complain: named on every letter, package, certificate."""

NAME = "Midgard AI AS"
ORGANISATION_NUMBER = "932739798"
CONTACT = "kontakt@larabot.se"

AUTHORITIES = {
    "Integritetsskyddsmyndigheten (IMY)": "https://www.imy.se",
    "Datatilsynet": "https://www.datatilsynet.no",
}


def as_members() -> dict[str, str]:
    """For documents."""
    return {"name": NAME, "organisation_number": ORGANISATION_NUMBER, "contact": CONTACT}
