"""Trying again after a failure that may pass, as the vendor asks and within what a person would wait."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import openai
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from services.textproxy.adapters.patience import Patience
from services.textproxy.adapters.refusals import may_pass, retry_after_seconds

Answer = TypeVar("Answer")
GROWING = wait_random_exponential(multiplier=0.2, max=2)


async def tried_again(
    failure: openai.OpenAIError, attempt: Callable[[], Awaitable[Answer]], patience: Patience
) -> Answer:
    """Attempt again what failed once, if that may help; the first failure counts as an attempt.

    Raises:
        openai.OpenAIError: of the last attempt.
    """
    failures = [failure]

    async def attempt_or_fail_as_before() -> Answer:
        if failures:
            raise failures.pop()
        return await attempt()

    retrying = AsyncRetrying(
        retry=retry_if_exception(may_pass),
        wait=as_the_vendor_asks,
        stop=stop_after_attempt(patience.attempts_max) | stop_before_delay(patience.retries_seconds),
        reraise=True,
    )
    answer: Answer = await retrying(attempt_or_fail_as_before)
    return answer


def as_the_vendor_asks(state: RetryCallState) -> float:
    """How many seconds to wait before trying again."""
    asked = retry_after_seconds(state.outcome.exception() if state.outcome else None)
    return float(GROWING(state)) if asked is None else asked
