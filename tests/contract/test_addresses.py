"""E-mail addresses: one spelling for each, and none that a mail server would choke on."""

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.fields import Email

ADDRESS: TypeAdapter[str] = TypeAdapter(Email)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Anna.Berg+skola@Skola.Example", "anna.berg+skola@skola.example"),
        (" anna@skola.example ", "anna@skola.example"),
        ("o'neill@skola.example", "o'neill@skola.example"),
        ("anna@Skåne.example", "anna@xn--skne-roa.example"),
        ("anna@ska\u030ane.example", "anna@xn--skne-roa.example"),
        ("anna@xn--skne-roa.example", "anna@xn--skne-roa.example"),
    ],
)
def test_an_address_has_one_spelling(written: str, meant: str) -> None:
    assert ADDRESS.validate_python(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "anna",
        "anna@skola",
        "anna@@skola.example",
        "anna@skola..example",
        "anna@-skola.example",
        "anna@sko_la.example",
        "anna@[127.0.0.1]",
        f"anna@{'x' * 64}.example",
        "faß@skola.example",
        "anna@faß.example",
        "ånna@skola.example",
        "anna@skola.example\nBcc: b@skola.example",
        "anna,berit@skola.example",
        '"anna berg"@skola.example',
        "<anna@skola.example>",
        "anna..berg@skola.example",
        "anna@\u202eskola.example",
        f"{'a' * 245}@skåne.example",
    ],
)
def test_what_is_no_address_for_a_mail_server_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        ADDRESS.validate_python(written)
