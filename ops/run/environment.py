"""What each service finds in its environment: its own secrets and addresses, and nobody else's."""

import json
from collections.abc import Collection

from contracts.holder import SEALING_SERVICES, SERVICES
from ops.run.configuration import KEY_BY_NAME, Configuration
from ops.run.keys import KeyRing
from ops.run.site import Site

VENDOR_OF = {
    "auth": ("smtp",),
    "textproxy": ("azure_openai",),
    "speechtoken": ("azure_speech",),
    "newsletter": ("brevo", "smtp"),
    "analytics": ("posthog",),
    "dsar": ("smtp",),
}
BREVO_URL = "https://api.brevo.com/v3"


def service_environment(service: str, site: Site, connections: Collection[tuple[str, str]]) -> dict[str, str]:
    """Everything for one service; `connections` are the (role, account) pairs that the bus knows."""
    environment = {
        **site.basics,
        **shared_settings(service, site),
        **site.configuration.of_reader(service),
        **own_settings(service, site),
    }
    if service in SEALING_SERVICES:
        environment["LARABOT_SEAL_KEY"] = site.keys.secret(seal_key(service))
        environment["LARABOT_KEYS_FILE"] = str(site.data.room("keys") / f"{service}.keys")
    if (service, "CONTENT") in connections:
        environment["LARABOT_NATS_CONTENT_SEED"] = site.keys.nkey_seed(service, "CONTENT")
    for vendor in VENDOR_OF.get(service, ()):
        if site.is_emulated(vendor):
            environment |= emulated_settings(vendor, site) | {"LARABOT_EMULATED": "true"}
    return environment


def shared_settings(service: str, site: Site) -> dict[str, str]:
    return {
        "LARABOT_NATS_URL": site.nats_url,
        "LARABOT_NATS_SEED": site.keys.nkey_seed(service, "APP"),
        "LARABOT_NATS_EVENTS_SEED": site.keys.nkey_seed(service, "EVENTS"),
        "LARABOT_DATABASE_URL": f"sqlite:///{site.data.room(service) / f'{service}.db'}",
        "LARABOT_RECEIPT_SEED": site.keys.secret(receipt_key(service)),
        "LARABOT_PUBLIC_URL": site.public_url,
        "LARABOT_DRAIN_SECONDS": "5",  # Ctrl-C is not kept waiting for half a minute
        "LARABOT_CLOCK_OFFSET_SECONDS": str(site.clock_offset_seconds),
    }


def receipt_key(service: str) -> str:
    return f"receipt-{service}"


def seal_key(service: str) -> str:
    return f"seal-{service}"


def own_settings(service: str, site: Site) -> dict[str, str]:
    """What only this service has, whether its vendors are emulated or not."""
    own = key_settings(service, site.keys) | backup_settings(service, site.configuration)
    if service == "gateway":
        own |= gateway_addresses(site)
    if service == "speechtoken" and not site.is_emulated("azure_speech"):
        own |= real_speech_addresses(site.configuration)
    return own


def key_settings(service: str, keys: KeyRing) -> dict[str, str]:
    """The installation's keys that only this service has."""
    match service:
        case "consent":
            return {"LARABOT_EVIDENCE_KEY": keys.secret("evidence")}
        case "newsletter":
            return {
                "LARABOT_BREVO_BASE_URL": BREVO_URL,
                "LARABOT_BREVO_WEBHOOK_TOKEN": keys.secret("brevo-webhook"),
                "LARABOT_SUPPRESSION_KEY": keys.secret("suppression"),
            }
        case "dsar":
            replaced = keys.kept("log-replaced")
            receipts = {holder: keys.ed25519_public(receipt_key(holder)) for holder in SERVICES}
            return {
                "LARABOT_LEDGER_KEY": keys.secret("ledger"),
                "LARABOT_CASE_KEY": keys.secret("case"),
                "LARABOT_LOG_SEED": keys.secret("log"),
                "LARABOT_RECEIPT_KEYS": json.dumps(receipts),
                **({"LARABOT_REPLACED_LOG_SEED": replaced} if replaced else {}),
            }
    return {}


def backup_settings(service: str, configuration: Configuration) -> dict[str, str]:
    """A certificate says until when backups exist, where any are made."""
    if service != "dsar" or not configuration.values.get("LARABOT_BACKUP_TO"):
        return {}
    days = configuration.values.get("LARABOT_BACKUP_DAYS") or KEY_BY_NAME["LARABOT_BACKUP_DAYS"].default
    return {"LARABOT_BACKUP_DAYS": str(days)}


def gateway_addresses(site: Site) -> dict[str, str]:
    return {
        "LARABOT_LISTEN_PORT": str(site.ports.gateway),
        "LARABOT_WEB_DIR": str(site.web_directory),
        "LARABOT_SPEECH_ORIGINS": " ".join(speech_origins(site)),
    }


def speech_origins(site: Site) -> list[str]:
    """Where the browser's Speech SDK may connect."""
    if site.is_emulated("azure_speech"):
        port = site.ports.emulators["azure_speech"]
        return [f"ws://127.0.0.1:{port}", f"http://127.0.0.1:{port}"]
    return real_speech_origins(site.configuration)


def real_speech_origins(configuration: Configuration) -> list[str]:
    region = configuration.values["LARABOT_AZURE_SPEECH_REGION"]
    host = f"{region}.tts.speech.microsoft.com"
    return [f"wss://{region}.stt.speech.microsoft.com", f"wss://{host}", f"https://{host}"]


def real_speech_addresses(configuration: Configuration) -> dict[str, str]:
    region = configuration.values["LARABOT_AZURE_SPEECH_REGION"]
    return {
        "LARABOT_AZURE_SPEECH_TOKEN_URL": f"https://{region}.api.cognitive.microsoft.com/sts/v1.0/issueToken",
        "LARABOT_AZURE_SPEECH_ENDPOINT": f"wss://{region}.stt.speech.microsoft.com",
    }


def emulated_settings(vendor: str, site: Site) -> dict[str, str]:
    """The emulators' addresses and their keys, which are public."""
    if vendor == "smtp":
        return {
            "LARABOT_SMTP_HOST": "127.0.0.1",
            "LARABOT_SMTP_PORT": str(site.ports.smtp),
            "LARABOT_SMTP_SENDER": "no-reply@larabot.example",
        }
    url = site.emulator_url(vendor)
    settings = {
        "azure_openai": {
            "ENDPOINT": url,
            "DEPLOYMENT": "emulated",
            "API_KEY": "emulator-key",
            "API_VERSION": "2024-10-21",
            "REGION": "swedencentral",
            "DEPLOYMENT_TYPE": "Standard",
        },
        "azure_speech": {
            "REGION": "swedencentral",
            "KEY": "emulator-key",
            "TOKEN_URL": f"{url}/sts/v1.0/issueToken",
            "ENDPOINT": url.replace("http:", "ws:"),
        },
        "brevo": {"BASE_URL": f"{url}/v3", "API_KEY": "xkeysib-emulator", "LIST_ID": "1"},
        "posthog": {
            "HOST": url,
            "API_HOST": url,
            "PROJECT_TOKEN": "phc_emulator",
            "PROJECT_ID": "1",
            "PERSONAL_API_KEY": "phx_emulator",
        },
    }
    return {f"LARABOT_{vendor.upper()}_{name}": value for name, value in settings[vendor].items()}
