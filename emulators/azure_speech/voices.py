"""The neural voices that the emulator offers, in the vendor's list form."""

from typing import Any

LOCALES = {
    "sv-SE": "Swedish (Sweden)",
    "nb-NO": "Norwegian Bokmål (Norway)",
    "en-GB": "English (United Kingdom)",
}
# locale, name, display name, gender
NEURAL = [
    ("sv-SE", "Sofie", "Sofie", "Female"),
    ("sv-SE", "Hillevi", "Hillevi", "Female"),
    ("sv-SE", "Mattias", "Mattias", "Male"),
    ("nb-NO", "Pernille", "Pernille", "Female"),
    ("nb-NO", "Iselin", "Iselin", "Female"),
    ("nb-NO", "Finn", "Finn", "Male"),
    ("en-GB", "Sonia", "Sonia", "Female"),
    ("en-GB", "Libby", "Libby", "Female"),
    ("en-GB", "Ryan", "Ryan", "Male"),
]
SHORT_NAMES = {f"{locale}-{name}Neural" for locale, name, _, _ in NEURAL}


def listed() -> list[dict[str, Any]]:
    return [
        {
            "Name": f"Microsoft Server Speech Text to Speech Voice ({locale}, {name}Neural)",
            "DisplayName": display,
            "LocalName": display,
            "ShortName": f"{locale}-{name}Neural",
            "Gender": gender,
            "Locale": locale,
            "LocaleName": LOCALES[locale],
            "SampleRateHertz": "48000",
            "VoiceType": "Neural",
            "Status": "GA",
            "WordsPerMinute": "140",
        }
        for locale, name, display, gender in NEURAL
    ]
