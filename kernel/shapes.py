"""The strict base of everything that is signed or proved, and the text forms of its members."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, or an Ed25519 public key, in lower-case hex."""
Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
"""Ed25519, in lower-case hex."""
Time = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]
"""RFC 3339, UTC."""
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""What canonical JSON carries as a whole number (RFC 8785, 3.2.2.3)."""
Proof = Annotated[list[Hash], Field(max_length=128)]
"""Hashes that lead to a root: at most two for each level of a tree of 2^64 leaves."""


class Part(BaseModel):
    """Nothing missing, nothing more, no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
