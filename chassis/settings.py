"""Settings come from environment variables with the prefix LARABOT_; one that nobody reads is refused."""

import difflib
import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from chassis.core_dumps import forbid_core_dumps
from chassis.nats_servers import NatsServers, check_tls, server_urls

PREFIX = "LARABOT_"


class SettingsRefused(SystemExit):
    """The environment does not fit; the message names each setting, never a value."""


class Settings(BaseSettings):
    """What every service is told. Secrets have no defaults; seeds are nkeys or 32 bytes in hex.

    `nats_url`: one nats-server or several, `nats://HOST:PORT,nats://HOST:PORT`; any that answers is used. With
    `tls://` for all of them, `nats_tls_dir` holds `ca.pem`, `client.pem` and `client-key.pem`.

    `replicas`: how many processes of this service serve at once. Limits that are counted in memory are divided by it,
    so that all together allow what the policy says. `drain_seconds`: how long what is under way may go on after the
    service was told to end; the platform's own grace must be longer by ten seconds.

    `seal_key` (32 bytes in hex) and `keys_file`: for services with sealed columns. The key wraps the subject keys in
    the file and is kept apart from it; all replicas of a service use one file, and one key for ever.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    nats_url: str
    nats_tls_dir: Annotated[Path | None, Field(validate_default=True)] = None
    nats_seed: SecretStr
    nats_events_seed: SecretStr
    database_url: SecretStr
    receipt_seed: SecretStr
    public_url: str
    clock_offset_seconds: float = 0.0
    log_level: str = "INFO"
    otlp_endpoint: str | None = None
    health_port: int = 0
    drain_seconds: Annotated[float, Field(ge=0, le=600)] = 30.0
    replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    emulated: bool = False
    seal_key: SecretStr | None = None
    keys_file: Path | None = None

    @field_validator("nats_url")
    @classmethod
    def _are_servers(cls, addresses: str) -> str:
        return ",".join(server_urls(addresses))

    @field_validator("database_url")
    @classmethod
    def _is_an_address(cls, url: SecretStr) -> SecretStr:
        try:
            make_url(url.get_secret_value())
        except (ArgumentError, ValueError):  # which quote it, password included
            raise PydanticCustomError("database_url", "not DRIVER://USER:PASSWORD@HOST:PORT/NAME") from None
        return url

    @field_validator("nats_tls_dir")
    @classmethod
    def _fits_the_servers(cls, directory: Path | None, info: ValidationInfo) -> Path | None:
        if "nats_url" in info.data:  # else that one is refused already
            check_tls(info.data["nats_url"], directory)
        return directory

    @property
    def nats_servers(self) -> NatsServers:
        """The servers of the bus."""
        return NatsServers(self.nats_url, self.nats_tls_dir)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings of this process, once it can no longer be dumped with what they hold.

        Raises:
            CoreDumpsPossible: the system does not let dumps be switched off.
            SettingsRefused: a setting is missing or wrong, or a LARABOT_ variable is not one of ours.
        """
        forbid_core_dumps()
        refuse_unknown(set(cls.model_fields))
        try:
            return cls()
        except ValidationError as error:
            lines = [f"{PREFIX}{str(e['loc'][0]).upper()}: {_reason(e)}" for e in error.errors(include_input=False)]
            message = f"settings refused for {cls.__module__}:\n  " + "\n  ".join(lines)
            raise SettingsRefused(message) from None


def _reason(error: ErrorDetails) -> str:
    """Why a setting is refused: a code, and our own words where it is a rule of ours (pydantic's may quote the value).

    Pydantic gives an address of its documentation with each error of its own, and none with a PydanticCustomError.
    """
    return error["type"] if "url" in error else f"{error['type']} ({error['msg']})"


def refuse_unknown(fields: set[str]) -> None:
    """Refuse a LARABOT_ variable that is no setting: a misspelt one would otherwise be ignored in silence."""
    known = {f"{PREFIX}{name.upper()}" for name in fields}
    for name in sorted(os.environ):  # noqa: TID251 — this module is the one reader of the environment
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            message = f"unknown setting {name}{hint}"
            raise SettingsRefused(message)
