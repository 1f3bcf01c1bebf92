"""What ends by itself: a fresh login after five minutes, a session after hours, links and packages after days."""

import pytest

from tests.support.aged import Aged
from tests.support.problems import problem
from tests.support.tables import rows
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("time")

LINKS = ("/api/auth/verify-email", "/api/newsletter/subscriptions/confirm", "/api/auth/password/reset")


@pytest.mark.parametrize("asked", ["erasure", "package"])
def test_ten_minutes_after_the_login_a_right_needs_a_new_proof(a_month_later: Aged, asked: str) -> None:
    assert a_month_later.after_ten_minutes
    assert a_month_later.after_ten_minutes["me"].status_code == 200
    told = problem(a_month_later.after_ten_minutes[asked], 403, "step-up-required")
    assert "password" in told["ways"]


async def test_an_expired_session_is_no_session(a_month_later: Aged) -> None:
    problem(await a_month_later.answers("GET", "/api/me"), 401, "unauthenticated")
    problem(await a_month_later.answers("POST", "/api/privacy/requests", {"right": "access"}), 401, "unauthenticated")


@pytest.mark.parametrize("path", LINKS)
async def test_an_old_link_is_refused_as_gone(a_month_later: Aged, path: str) -> None:
    problem(await a_month_later.answers("POST", path, a_month_later.links[path]), 410, "gone")


@pytest.mark.parametrize(
    ("service", "table"),
    [("auth", "registration"), ("auth", "reset_token"), ("auth", "session"), ("newsletter", "opt_in")],
)
async def test_what_has_expired_is_deleted_and_not_just_ignored(a_month_later: Aged, service: str, table: str) -> None:
    assert await until(lambda: not rows(a_month_later.platform, service, table), within_seconds=20)
