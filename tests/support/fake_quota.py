"""The port `Quota` of the tools, kept in memory; tests/integration/chassis/quota/test_port.py proves it."""

from contracts.errors import ErrorKind, Refusal


class FakeQuota:
    """So many uses are left, whoever asks."""

    def __init__(self, left: int = 1) -> None:
        self.left = left

    async def spend(self, quota_key: str | None, tier: str | None, tool: str) -> None:
        if quota_key is None:
            raise Refusal(ErrorKind.UNAUTHENTICATED, "no-account")
        if self.left < 1:
            raise Refusal(ErrorKind.RATE_LIMITED, "daily-quota")
        self.left -= 1
