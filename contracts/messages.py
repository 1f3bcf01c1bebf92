"""The base of every message, and the few shapes that several owners share."""

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """What a caller sends: unknown members are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reply(BaseModel):
    """What an owner answers or publishes; a reader ignores members that it does not know yet."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Empty(Request):
    """Nothing to say."""


class Done(Reply):
    """It is done; there is nothing more to say."""
