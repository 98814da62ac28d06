"""Internet addresses (IPv4, IPv6)."""

import ipaddress

from intel.matching.identifiers.result import Normalised, NotAnIdentifier, wash


def normalise(raw: str, country: str | None = None) -> Normalised:
    text = wash(raw).replace("[.]", ".").strip("[]")
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError as error:
        raise NotAnIdentifier("An internet address reads 203.0.113.7 or 2001:db8::7.") from error
    warnings = (
        () if address.is_global else ("This address is used inside many networks: it identifies nobody.",)
    )
    return Normalised(value=str(address), display=str(address), warnings=warnings)
