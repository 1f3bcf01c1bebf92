"""A limit that is reached says so in the same way, whoever counts it."""

from contracts.envelope import Language
from contracts.errors import ErrorKind, Refusal
from services.gateway.adapters.limits import RateLimitStatus
from services.gateway.api.admission import LimitReached
from services.gateway.api.problems import response_of

QUOTA = Refusal(ErrorKind.RATE_LIMITED, "daily-quota", limit=3, window_seconds=86_400, retry_after_seconds=60)
GUESSES = Refusal(ErrorKind.RATE_LIMITED, "too-many-guesses", retry_after_seconds=4)
STATUS = RateLimitStatus("login", quota=80, window_seconds=60, remaining=0, reset_seconds=9)


def fields_of(refusal: Refusal) -> tuple[str, str, str]:
    fields = {name: value.decode() for name, value in response_of(refusal, Language.ENGLISH, "an-instance").fields}
    return fields[b"ratelimit"], fields[b"ratelimit-policy"], fields[b"retry-after"]


def test_a_quota_that_an_owner_counts() -> None:
    assert fields_of(QUOTA) == ('"daily-quota";r=0;t=60', '"daily-quota";q=3;w=86400', "60")


def test_a_wait_without_figures_is_one_try_per_wait() -> None:
    assert fields_of(GUESSES) == ('"too-many-guesses";r=0;t=4', '"too-many-guesses";q=1;w=4', "4")


def test_a_limit_of_the_gateway() -> None:
    assert fields_of(LimitReached(STATUS))[:2] == tuple(value.decode() for _, value in STATUS.fields())
