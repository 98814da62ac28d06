"""Web addresses: what identifies the page stays, what differs from click to click goes."""

import re
from urllib.parse import SplitResult, urlsplit

from intel.matching.identifiers.host import host_name
from intel.matching.identifiers.result import Normalised, NotAnIdentifier, require, wash

# Advertising and analytics labels: they name the click, never the page.
_TRACKING = re.compile(
    r"(?:utm_\w*|fbclid|gclid|gbraid|wbraid|dclid|msclkid|yclid|igshid|igsh|mc_cid|mc_eid|_ga|_gl|ref_src|si|spm)\Z"
)
_DEFANGED = (("hxxp", "http"), ("[.]", "."), ("(.)", "."), ("[:]", ":"))
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


def normalise(raw: str, country: str | None = None) -> Normalised:
    """host/path?query, without scheme, "www.", password, default port, tracking parameters and fragment."""
    text = wash(raw).strip("<>\"'")
    for written, meant in _DEFANGED:
        text = text.replace(written, meant)
    require(text and " " not in text, "A web address has no blanks in it.")
    parts = _split(text)
    host = _host(parts)
    warnings = ("The sign-in name inside this address is left out.",) if "@" in parts.netloc else ()
    query = "&".join(
        sorted(p for p in parts.query.split("&") if p and not _TRACKING.match(p.partition("=")[0]))
    )
    address = host + parts.path.rstrip("/") + (f"?{query}" if query else "")
    return Normalised(value=address, display=address, warnings=warnings)


def _split(text: str) -> SplitResult:
    scheme = _SCHEME.match(text)
    require(
        not scheme or scheme[1].lower() in {"http", "https", "ftp"}, "Only web addresses can be kept here."
    )
    try:
        return urlsplit("//" + text[scheme.end() if scheme else 0 :])
    except ValueError as error:
        raise NotAnIdentifier("This does not read as a web address.") from error


def _host(parts: SplitResult) -> str:
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise NotAnIdentifier("This does not read as a web address.") from error
    if ":" in host:
        host = f"[{host}]"
    else:
        host = host_name(host)
        require("." in host, "The host of a web address needs a dot, as in example.org.")
    while host.startswith("www.") and host.count(".") > 1:
        host = host[4:]
    return f"{host}:{port}" if port and port not in {80, 443} else host
