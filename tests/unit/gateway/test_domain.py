"""The gateway's own rules."""

import pytest

from services.gateway.domain import Origin, forgery_in, network_of, pseudonym, visit_of

OWN = Origin.of("https://larabot.example")


@pytest.mark.parametrize(
    ("headers", "forgery"),
    [
        ({"x-requested-by": "larabot"}, None),
        ({}, "x-requested-by"),
        ({"x-requested-by": "somebody"}, "x-requested-by"),
        ({"x-requested-by": "larabot", "sec-fetch-site": "same-origin"}, None),
        ({"x-requested-by": "larabot", "sec-fetch-site": "cross-site"}, "sec-fetch-site"),
        ({"x-requested-by": "larabot", "sec-fetch-site": "same-site"}, "sec-fetch-site"),
        ({"x-requested-by": "larabot", "origin": "https://larabot.example"}, None),
        ({"x-requested-by": "larabot", "origin": "https://larabot.example:443"}, None),
        ({"x-requested-by": "larabot", "origin": "https://larabot.example", "host": "127.0.0.1:8000"}, None),
        ({"x-requested-by": "larabot", "origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, "origin"),
        ({"x-requested-by": "larabot", "origin": "https://evil.example"}, "origin"),
        ({"x-requested-by": "larabot", "origin": "null"}, "origin"),
        ({"x-requested-by": "larabot", "origin": ""}, "origin"),
        ({"x-requested-by": "larabot", "origin": "http://larabot.example"}, "origin"),
        ({"x-requested-by": "larabot", "origin": "https://larabot.example:8443"}, "origin"),
        ({"x-requested-by": "larabot", "origin": "HTTPS://Larabot.Example"}, None),
        ({"x-requested-by": "larabot", "origin": "https://larabot.example@evil.example"}, "origin"),
        ({"x-requested-by": "larabot", "origin": "https://[evil"}, "origin"),
    ],
)
def test_a_request_of_another_site_is_told_by_the_header_that_differs(
    headers: dict[str, str], forgery: str | None
) -> None:
    assert forgery_in(headers, OWN) == forgery


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://larabot.example/", "https://larabot.example"),
        ("https://larabot.example:443", "https://larabot.example"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("https://larabot.example:80", "https://larabot.example:80"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_has_no_default_port_and_no_capitals(url: str, origin: str) -> None:
    assert str(Origin.of(url)) == origin


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
