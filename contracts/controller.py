"""Who answers for the processing, and to whom a person may complain: named on every letter, package, certificate."""

NAME = "Midgard AI AS"
ORGANISATION_NUMBER = "932739798"
CONTACT = "kontakt@larabot.se"

AUTHORITIES = {
    "Integritetsskyddsmyndigheten (IMY)": "https://www.imy.se",
    "Datatilsynet": "https://www.datatilsynet.no",
}

SIGNATURE = {
    "sv": f"{NAME}, org.nr {ORGANISATION_NUMBER}, {CONTACT}. "
    "Du kan klaga hos Integritetsskyddsmyndigheten (imy.se) eller Datatilsynet (datatilsynet.no).",
    "nb": f"{NAME}, org.nr. {ORGANISATION_NUMBER}, {CONTACT}. "
    "Du kan klage til Datatilsynet (datatilsynet.no) eller Integritetsskyddsmyndigheten (imy.se).",
    "en": f"{NAME}, org. no. {ORGANISATION_NUMBER}, {CONTACT}. "
    "You may complain to Integritetsskyddsmyndigheten (imy.se) or Datatilsynet (datatilsynet.no).",
}
"""How every letter ends, by language."""


def as_members() -> dict[str, str]:
    """For documents."""
    return {"name": NAME, "organisation_number": ORGANISATION_NUMBER, "contact": CONTACT}
