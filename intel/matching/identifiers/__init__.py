"""Identifiers (selectors) in one canonical form per kind. Pure: no database, no clock but the birth century of MRZ.

A failed check digit warns and never blocks: a forged or misread document is a finding in itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

from intel.matching.identifiers import (
    card,
    docket,
    document,
    email,
    handle,
    iban,
    imei,
    ip,
    mrz,
    phone,
    plate,
    ship,
    url,
    vin,
    wallet,
)
from intel.matching.identifiers.result import Normalised, NotAnIdentifier

__all__ = ["KINDS", "Kind", "Normalised", "NotAnIdentifier", "normalise", "reads"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of identifier. `reads` is how it stands in a sentence; kinds that do not `link` are never matched."""

    label: str
    reads: str
    normalise: Callable[[str, str | None], Normalised]
    links: bool = True


KINDS: dict[str, Kind] = {
    "phone": Kind("Telephone", "the telephone number {}", phone.normalise),
    "email": Kind("E-mail", "the e-mail address {}", email.normalise),
    "handle": Kind("Online handle", "the online handle {}", handle.normalise),
    "url": Kind("Web address", "the web address {}", url.normalise),
    "passport": Kind("Passport", "passport number {}", document.passport),
    "national_id": Kind("National identity number", "national identity number {}", document.national_id),
    "mrz": Kind("Machine-readable zone", "the {}", mrz.normalise),
    "plate": Kind("Number plate", "number plate {}", plate.normalise),
    "vin": Kind("Vehicle identification number", "vehicle number {}", vin.normalise),
    "imei": Kind("Mobile device (IMEI)", "the mobile device {}", imei.normalise),
    "iban": Kind("Bank account (IBAN)", "bank account {}", iban.normalise),
    "card": Kind("Payment card (kind only)", "a {}", card.normalise, links=False),
    "wallet": Kind("Crypto wallet", "the wallet {}", wallet.normalise),
    "ip": Kind("Internet address", "internet address {}", ip.normalise),
    "docket": Kind("Court docket", "court docket {}", docket.normalise),
    "imo": Kind("Ship (IMO number)", "the ship {}", ship.imo),
    "mmsi": Kind("Ship radio (MMSI)", "the ship's radio {}", ship.mmsi),
}


def normalise(kind: str, raw: str, *, country: str | None = None) -> Normalised:
    """The canonical form of `raw`. Normalising a value again gives the same value.

    `country` (ISO alpha-2) is the dialling country for telephone numbers and the issuing country of plates and
    documents.

    Raises:
        NotAnIdentifier: with a sentence to show.
        KeyError: the kind is not in KINDS.
    """
    return KINDS[kind].normalise(raw, country.upper() if country else None)


def reads(kind: str, display: str) -> str:
    """How an identifier reads inside a sentence: "the telephone number +1 404-555-0134"."""
    return KINDS[kind].reads.format(display)
