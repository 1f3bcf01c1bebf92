"""The headers that every answer bears."""

import pytest

from services.gateway.api.middleware import security_headers

NAME = b"strict-transport-security"


@pytest.mark.parametrize(("scheme", "told"), [("https", [b"max-age=31536000"]), ("http", [])])
def test_a_host_that_is_published_over_https_is_asked_by_nothing_else(scheme: str, told: list[bytes]) -> None:
    assert [value for name, value in security_headers(scheme, "") if name == NAME] == told
