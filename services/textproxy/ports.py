"""What the use cases need from outside."""

from collections.abc import AsyncGenerator
from typing import Protocol

from services.textproxy.domain import Progress, Prompt


class LanguageModel(Protocol):
    """The model. Leaving a stream, or cancelling a call, ends the work there at once."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[Progress, None]:
        """The answer as it is written; the last has a reason to finish.

        Raises:
            Refusal: the model did not take the prompt, or the answer broke off.
        """

    async def whole(self, prompt: Prompt) -> Progress:
        """The whole answer at once.

        Raises:
            Refusal: as `stream`.
        """


class Quota(Protocol):
    """How much of a tool is left today."""

    async def spend(self, quota_key: str | None, tier: str | None, tool: str) -> None:
        """Count one use.

        Raises:
            Refusal: there is none left.
        """


class Usage(Protocol):
    """Counters of use without anybody."""

    def count(self, tool: str, outcome: str, tokens: int) -> None:
        """Count one use; never fails."""
