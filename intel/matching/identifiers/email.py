"""E-mail addresses.

Lower case throughout. Dots and +tags in the local part are kept: only some providers ignore them, and merging two
people's mailboxes is worse than leaving a near match to a person's eye.
"""

import re

from intel.matching.identifiers.host import host_name
from intel.matching.identifiers.result import Normalised, require, wash

_AT = re.compile(r" ?[\[({] ?at ?[\])}] ?", re.IGNORECASE)
_DOT = re.compile(r" ?[\[({] ?(?:dot|\.) ?[\])}] ?", re.IGNORECASE)


def normalise(raw: str, country: str | None = None) -> Normalised:
    text = _DOT.sub(".", _AT.sub("@", wash(raw))).lower().strip("<>").removeprefix("mailto:")
    local, at, domain = text.rpartition("@")
    require(
        at and local and " " not in text and "@" not in local, "An e-mail address reads name@example.org."
    )
    require(len(local) <= 64, "The part before @ is too long for an e-mail address.")
    domain = host_name(domain)
    require("." in domain, "The part after @ needs a dot, as in example.org.")
    address = f"{local}@{domain}"
    return Normalised(value=address, display=address)
