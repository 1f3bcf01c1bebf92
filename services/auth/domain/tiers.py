"""What a tier entitles to; the table itself is data of the operator."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much of a tool, per window."""

    tool: str
    limit: int
    window_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What an account of this tier may use."""

    entitlements: tuple[str, ...]
    quotas: tuple[Allowance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """All tiers; roles begin in the one that the table names."""

    by_name: Mapping[str, Tier]
    initial: str

    def of(self, name: str) -> Tier:
        """A tier; one that was taken out of the table counts as the initial one."""
        return self.by_name.get(name, self.by_name[self.initial])
