"""What an operator may set: one table of keys, from which checks, defaults and the documentation come."""

import difflib
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from contracts.holder import SERVICES
from ops.run.refusal import LaunchRefused

PREFIX = "LARABOT_"
ENV_FILE = f"{PREFIX}ENV_FILE"
# Read by the launcher, respectively by compose; no service is told.
OURS_ALONE = frozenset({ENV_FILE, f"{PREFIX}INSTALLATION"})
FIRST_TOKEN_SECONDS_MIN, FIRST_TOKEN_SECONDS_MAX = 1.0, 40.0
REPLICAS_MAX = 1000
BACKUP_DAYS_MAX = 90  # the ledger of erasures is kept 30 days longer
DRAIN_SECONDS_MAX = 600


def trusted_proxies_fault(value: str) -> str:
    """Why it cannot be used; else nothing. What the gateway cannot read it would ignore, and believe nobody."""
    for place, entry in enumerate(value.split(","), 1):
        try:
            network = ipaddress.ip_network(entry.strip())
        except ValueError:
            return f"entry {place} is neither an IP address nor a network such as 10.89.0.0/24"
        if network.prefixlen == 0:
            return f"entry {place} is everybody, who could then claim any address"
    return ""


def first_token_fault(value: str) -> str:
    """Why it cannot be used; else nothing. The gateway gives up a stream that says nothing for 45 seconds."""
    is_within = _is_number_within(value, FIRST_TOKEN_SECONDS_MIN, FIRST_TOKEN_SECONDS_MAX)
    return "" if is_within else "it is not a number of seconds from 1 to 40"


def drain_fault(value: str) -> str:
    """Why it cannot be used; else nothing."""
    return "" if _is_number_within(value, 0, DRAIN_SECONDS_MAX) else "it is not a number of seconds from 0 to 600"


def _is_number_within(value: str, least: float, most: float) -> bool:
    try:
        return least <= float(value) <= most
    except ValueError:
        return False


def replicas_fault(value: str) -> str:
    """Why it cannot be used; else nothing."""
    return "" if value.isdigit() and 1 <= int(value) <= REPLICAS_MAX else f"must be a number from 1 to {REPLICAS_MAX}"


def backup_days_fault(value: str) -> str:
    """Why it cannot be used; else nothing."""
    is_within = value.isdigit() and 1 <= int(value) <= BACKUP_DAYS_MAX
    return "" if is_within else f"it is not a number of days from 1 to {BACKUP_DAYS_MAX}"


@dataclass(frozen=True)
class Key:
    name: str
    readers: tuple[str, ...]
    doc: str
    vendor: str = ""
    secret: bool = False
    default: str | None = None
    """None: required, if its vendor is to be the real one."""
    fault: Callable[[str], str] = lambda _value: ""
    """Says why a value cannot be used, without repeating it; nothing: it can."""


KEYS = (
    Key(
        "LARABOT_LOG_LEVEL",
        SERVICES,
        "What the services log: debug, info, warning or error.",
        default="info",
    ),
    Key(
        "LARABOT_OTLP_ENDPOINT",
        SERVICES,
        "OTLP/HTTP address of an OpenTelemetry collector; without one, telemetry leaves no process.",
        default="",
    ),
    Key(
        "LARABOT_TRUSTED_PROXIES",
        ("gateway",),
        "Addresses or networks of the reverse proxies in front, separated by commas; only their X-Forwarded-For is "
        "believed. Behind a proxy without this setting, all visitors share its address and one limit.",
        default="",
        fault=trusted_proxies_fault,
    ),
    Key(
        "LARABOT_TEXT_FIRST_TOKEN_SECONDS",
        ("textproxy",),
        "Seconds that the model may take to its first word, 1 to 40; then the person is told that it is silent.",
        default="30",
        fault=first_token_fault,
    ),
    Key(
        "LARABOT_REPLICAS",
        ("gateway", "auth"),
        "How many processes of each of these services serve at once. Limits that they count in memory (requests, "
        "guesses) are divided by it, so that all together allow what the policy says. One when empty.",
        default="",
        fault=replicas_fault,
    ),
    Key(
        "LARABOT_DRAIN_SECONDS",
        SERVICES,
        "How long requests and texts that are under way may go on after a service was told to end (SIGTERM), 0 to 600; "
        "30 when empty, 5 with `make run`. The grace that containers are given must be 20 seconds longer.",
        default="",
        fault=drain_fault,
    ),
    Key(
        "LARABOT_BACKUP_TO",
        ("backup",),
        "Where the databases' backups go: a folder, or s3://BUCKET/PREFIX.",
        default="",
    ),
    Key(
        "LARABOT_BACKUP_SUBJECT_KEYS_TO",
        ("backup",),
        "Where the backups of the subject keys go, elsewhere than the data. They are not backed up when empty.",
        default="",
    ),
    Key(
        "LARABOT_BACKUP_DAY_KEYS",
        ("backup",),
        "Directory of the keys that backups are encrypted to, one a day; apart from data and backups, in no backup.",
        default="",
    ),
    Key(
        "LARABOT_BACKUP_DAYS",
        ("backup",),
        "After how many days the key of a day's backups is destroyed, 1 to 90.",
        default="30",
        fault=backup_days_fault,
    ),
    Key(
        "LARABOT_BACKUP_SUBJECT_KEY_DAYS",
        ("backup",),
        "The same for backups of the subject keys, 1 to 90: so long can erased columns be opened with a backup.",
        default="3",
        fault=backup_days_fault,
    ),
    Key(
        "LARABOT_BACKUP_S3_ENDPOINT",
        ("backup",),
        "Address of the object storage: Scaleway's or Hetzner's.",
        default="",
    ),
    Key("LARABOT_BACKUP_S3_REGION", ("backup",), "Its region, such as fr-par.", default=""),
    Key("LARABOT_BACKUP_S3_ACCESS_KEY", ("backup",), "Identifier of the access key.", default=""),
    Key("LARABOT_BACKUP_S3_SECRET_KEY", ("backup",), "Its secret.", secret=True, default=""),
    Key(
        "LARABOT_AZURE_OPENAI_ENDPOINT",
        ("textproxy",),
        "The resource's address, https://NAME.openai.azure.com.",
        "azure_openai",
    ),
    Key(
        "LARABOT_AZURE_OPENAI_DEPLOYMENT",
        ("textproxy",),
        "Name of the model's deployment.",
        "azure_openai",
    ),
    Key("LARABOT_AZURE_OPENAI_API_KEY", ("textproxy",), "The resource's key.", "azure_openai", secret=True),
    Key(
        "LARABOT_AZURE_OPENAI_REGION",
        ("textproxy",),
        "The resource's region; it must lie in the EU, such as swedencentral.",
        "azure_openai",
    ),
    Key(
        "LARABOT_AZURE_OPENAI_DEPLOYMENT_TYPE",
        ("textproxy",),
        "Standard, DataZoneStandard or ProvisionedDataZone; Global types leave the EU and are refused.",
        "azure_openai",
    ),
    Key(
        "LARABOT_AZURE_OPENAI_API_VERSION",
        ("textproxy",),
        "Version of the vendor's API.",
        "azure_openai",
        default="2024-10-21",
    ),
    Key(
        "LARABOT_AZURE_SPEECH_REGION",
        ("speechtoken",),
        "The resource's region; it must lie in the EU. The addresses of the service follow from it.",
        "azure_speech",
    ),
    Key("LARABOT_AZURE_SPEECH_KEY", ("speechtoken",), "The resource's key.", "azure_speech", secret=True),
    Key("LARABOT_BREVO_API_KEY", ("newsletter",), "API key (v3).", "brevo", secret=True),
    Key(
        "LARABOT_BREVO_LIST_ID",
        ("newsletter",),
        "Number of the list that holds the newsletter's readers.",
        "brevo",
    ),
    Key(
        "LARABOT_POSTHOG_PROJECT_TOKEN",
        ("analytics",),
        "The project's token (phc_…), which events are sent with.",
        "posthog",
    ),
    Key("LARABOT_POSTHOG_PROJECT_ID", ("analytics",), "The project's number.", "posthog"),
    Key(
        "LARABOT_POSTHOG_PERSONAL_API_KEY",
        ("analytics",),
        "Key (phx_…) with person:read and person:write, which persons are erased with.",
        "posthog",
        secret=True,
    ),
    Key(
        "LARABOT_POSTHOG_HOST",
        ("analytics",),
        "Where events go; only EU hosts are accepted.",
        "posthog",
        default="https://eu.i.posthog.com",
    ),
    Key(
        "LARABOT_POSTHOG_API_HOST",
        ("analytics",),
        "Where the private API answers; only EU hosts are accepted.",
        "posthog",
        default="https://eu.posthog.com",
    ),
    Key("LARABOT_SMTP_HOST", ("auth", "newsletter", "dsar"), "Mail server for transactional mail.", "smtp"),
    Key("LARABOT_SMTP_PORT", ("auth", "newsletter", "dsar"), "Its port.", "smtp"),
    Key("LARABOT_SMTP_USERNAME", ("auth", "newsletter", "dsar"), "Login at the mail server.", "smtp"),
    Key(
        "LARABOT_SMTP_PASSWORD",
        ("auth", "newsletter", "dsar"),
        "Password at the mail server.",
        "smtp",
        secret=True,
    ),
    Key("LARABOT_SMTP_SENDER", ("auth", "newsletter", "dsar"), "Address that mail is sent from.", "smtp"),
)
KEY_BY_NAME = {key.name: key for key in KEYS}

VENDORS = ("azure_openai", "azure_speech", "brevo", "posthog")
"""Emulated over HTTP, with a control door each; mail (`smtp`) has the sink instead."""

VENDOR_TITLES = {
    "azure_openai": "Azure OpenAI",
    "azure_speech": "Azure Speech",
    "brevo": "Brevo",
    "posthog": "PostHog",
    "smtp": "Mail",
}


@dataclass(frozen=True)
class Configuration:
    """What was set, checked; a vendor is real if all it needs is there, and emulated if nothing is."""

    values: Mapping[str, str] = field(default_factory=dict)
    real_vendors: frozenset[str] = frozenset()

    @property
    def emulated_vendors(self) -> list[str]:
        return [vendor for vendor in VENDOR_TITLES if vendor not in self.real_vendors]

    def of_reader(self, reader: str) -> dict[str, str]:
        """What one process is given: its own keys, and of vendors only the real ones'."""
        keys = [key for key in KEYS if reader in key.readers and (not key.vendor or key.vendor in self.real_vendors)]
        found = {key.name: self.values.get(key.name, key.default or "") for key in keys}
        return {name: value for name, value in found.items() if value}


def read_configuration(environment: Mapping[str, str], default_env_file: Path) -> Configuration:
    """From the environment and, beneath it, `.env` or the file that LARABOT_ENV_FILE names (`none`: no file).

    Raises:
        LaunchRefused: an unknown key, a value that cannot be used, or a vendor that is only partly configured.
    """
    values = {**file_values(environment.get(ENV_FILE), default_env_file), **environment}
    values = {name: value for name, value in values.items() if name.startswith(PREFIX) and name not in OURS_ALONE}
    for name in values:
        refuse_unknown(name)
    values = {name: value for name, value in values.items() if value}
    for name, value in values.items():
        refuse_faulty(name, value)
    real = frozenset(vendor for vendor in VENDOR_TITLES if is_real(vendor, values))
    return Configuration(values, real)


def file_values(wanted: str | None, default_env_file: Path) -> dict[str, str]:
    if wanted is not None and wanted.strip().lower() in {"", "none"}:
        return {}
    path = Path(wanted) if wanted else default_env_file
    if wanted and not path.is_file():
        raise LaunchRefused(f"{ENV_FILE} names {path}, which is not a file.")
    return {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}


def refuse_unknown(name: str) -> None:
    if name in KEY_BY_NAME:
        return
    nearest = difflib.get_close_matches(name, KEY_BY_NAME, n=1, cutoff=0)
    raise LaunchRefused(
        f"{name} is not a setting. The nearest one is {nearest[0]}; docs/configuration.md lists them all."
    )


def refuse_faulty(name: str, value: str) -> None:
    fault = KEY_BY_NAME[name].fault(value)
    if fault:
        raise LaunchRefused(f"{name}: {fault}.")


def is_real(vendor: str, values: Mapping[str, str]) -> bool:
    keys = [key for key in KEYS if key.vendor == vendor]
    given = [key.name for key in keys if key.name in values]
    missing = [key.name for key in keys if key.default is None and key.name not in values]
    if given and missing:
        raise LaunchRefused(
            f"{VENDOR_TITLES[vendor]} is only partly configured: {', '.join(missing)} missing. "
            "Give all of its settings, or none to have it emulated."
        )
    return bool(given)


def configuration_markdown() -> str:
    """The text of docs/configuration.md."""
    sections = {"": "The platform"} | VENDOR_TITLES
    lines = [
        "# Settings",
        "",
        "Set in the environment or in a file `.env` at the root of the repository (`LARABOT_ENV_FILE` names",
        "another; empty or `none` means no file). The environment wins. An unknown name with the prefix",
        "`LARABOT_` is refused. A vendor with all its required settings is the real one; with none of them",
        "it is emulated; anything between is refused. Everything else that a process needs (keys, ports,",
        "addresses of the others) the launcher or the installation gives it.",
        "",
        "Where nats-server is, for those who give the services their environment themselves: `LARABOT_NATS_URL` is",
        "`nats://HOST:PORT`, or several with commas between, of which any that answers is used. With `tls://` for all",
        "of them, `LARABOT_NATS_TLS_DIR` is a directory with `ca.pem`, `client.pem` and `client-key.pem`.",
    ]
    for vendor, title in sections.items():
        lines += ["", f"## {title}", "", "| setting | default | read by | meaning |", "|---|---|---|---|"]
        lines += [markdown_row(key) for key in KEYS if key.vendor == vendor]
    return "\n".join(lines) + "\n"


def markdown_row(key: Key) -> str:
    default = "required" if key.default is None else f"`{key.default}`" if key.default else "none"
    readers = "all" if key.readers == SERVICES else ", ".join(key.readers)
    return f"| `{key.name}` | {default} | {readers} | {key.doc}{' Secret.' if key.secret else ''} |"
