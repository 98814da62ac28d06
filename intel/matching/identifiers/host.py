"""Host names, shared by e-mail and web addresses."""

import re

from intel.matching.identifiers.result import NotAnIdentifier, require

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")


def host_name(text: str) -> str:
    """Lower case, non-ASCII names as punycode.

    Raises:
        NotAnIdentifier: the text is not a host name.
    """
    text = text.strip().rstrip(".").lower()
    if not text.isascii():
        try:
            text = text.encode("idna").decode().lower()
        except UnicodeError as error:
            raise NotAnIdentifier("This host name cannot exist on the internet.") from error
    labels = text.split(".")
    require(len(text) <= 253 and all(_LABEL.match(label) for label in labels), "This is not a host name.")
    return text
