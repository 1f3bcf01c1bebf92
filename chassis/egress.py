"""Where a service may send anything at all: regions in the EU, hosts of the processor, encrypted.

An emulator on loopback is the one exception, and only where the settings say that the vendor is emulated.
"""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

# Azure regions in member states of the EU. Norway, Switzerland and the United Kingdom are not.
EU_REGIONS = frozenset(
    {
        *("austriaeast", "belgiumcentral", "denmarkeast", "francecentral", "francesouth", "germanynorth"),
        *("germanywestcentral", "italynorth", "northeurope", "polandcentral", "spaincentral"),
        *("swedencentral", "swedensouth", "westeurope"),
    }
)
ENCRYPTED = frozenset({"https", "wss"})


def in_the_eu(region: str) -> str:
    """Refuse a region outside the EU."""
    if region not in EU_REGIONS:
        raise PydanticCustomError("outside-the-eu", "the region is not in the EU")
    return region


EuRegion = Annotated[str, AfterValidator(in_the_eu)]


def checked_address(address: str, hosts: tuple[str, ...], *, emulated: bool, below_own: tuple[str, ...] = ()) -> str:
    """Refuse an address that is not the processor's; `hosts` are its hosts, or with a dot before them their parents.

    `below_own`: such parents that follow from another setting, and so are not named in the refusal.

    Raises:
        PydanticCustomError: another host, or one that is not encrypted.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if emulated:
        if not is_loopback(host):
            raise PydanticCustomError("emulator-not-on-loopback", "an emulator answers on loopback only")
        return address
    if parts.scheme not in ENCRYPTED:
        raise PydanticCustomError("not-encrypted", "the address is not encrypted")
    if not any(host.endswith(one) if one.startswith(".") else host == one for one in (*hosts, *below_own)):
        raise PydanticCustomError("not-the-processor", "the host is none of {hosts}", {"hosts": ", ".join(hosts)})
    return address


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by number or as localhost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
