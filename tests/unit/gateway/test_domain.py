"""The gateway's own rules."""

import pytest

from services.gateway.domain import is_cross_site, network_of, pseudonym, visit_of

OWN = "larabot.example"


@pytest.mark.parametrize(
    ("headers", "forged"),
    [
        ({"x-requested-by": "larabot"}, False),
        ({}, True),
        ({"x-requested-by": "somebody"}, True),
        ({"x-requested-by": "larabot", "sec-fetch-site": "same-origin"}, False),
        ({"x-requested-by": "larabot", "sec-fetch-site": "cross-site"}, True),
        ({"x-requested-by": "larabot", "sec-fetch-site": "same-site"}, True),
        ({"x-requested-by": "larabot", "origin": "https://larabot.example"}, False),
        ({"x-requested-by": "larabot", "origin": "https://evil.example"}, True),
        ({"x-requested-by": "larabot", "origin": "null"}, True),
        ({"x-requested-by": "larabot", "origin": "http://larabot.example"}, True),
        ({"x-requested-by": "larabot", "origin": "https://larabot.example:8443"}, True),
        ({"x-requested-by": "larabot", "origin": "HTTPS://Larabot.Example"}, False),
        ({"x-requested-by": "larabot", "origin": "https://larabot.example@evil.example"}, True),
        ({"x-requested-by": "larabot", "origin": "https://[evil"}, True),
    ],
)
def test_a_request_of_another_site_is_told(headers: dict[str, str], forged: bool) -> None:
    assert is_cross_site(headers, OWN, "https") is forged


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("no address", "unknown"),
    ],
)
def test_limits_count_what_one_customer_holds(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_pseudonym_changes_with_the_secret_of_the_day() -> None:
    monday, tuesday = b"m" * 32, b"t" * 32
    assert pseudonym(monday, "account") == pseudonym(monday, "account")
    assert pseudonym(monday, "account") != pseudonym(tuesday, "account")


def test_a_visit_keeps_families_and_sites_instead_of_versions_and_pages() -> None:
    visit = visit_of(
        "192.0.2.7",
        "/api/text/{tool}",
        "POST",
        200,
        512,
        {
            "user-agent": "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/156.0.8078.79 Safari/537.36",
            "referer": "https://skola.example/klass/7b?elev=anna",
            "accept-language": "sv-SE,sv;q=0.9,en;q=0.8",
        },
    )
    assert (visit.browser, visit.system, visit.language) == ("Chrome", "ChromeOS", "sv-SE")
    assert visit.referrer == "skola.example"
    assert visit.route == "/api/text/{tool}"
