"""Crypto-asset addresses as chain:address.

Base58Check: the last four bytes are the start of SHA-256 applied twice. Bech32: BIP-173 and BIP-350 (polynomial
below). Ethereum and Monero are checked by form only.
"""

import hashlib
import re

from intel.matching.identifiers.result import Normalised, required, wash

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
CHAINS: dict[str, str] = {
    "btc": "Bitcoin",
    "eth": "Ethereum",
    "trx": "Tron",
    "ltc": "Litecoin",
    "xmr": "Monero",
    "doge": "Dogecoin",
    "dash": "Dash",
    "zec": "Zcash",
    "bch": "Bitcoin Cash",
}
_URI = {
    "bitcoin": "btc",
    "ethereum": "eth",
    "tron": "trx",
    "litecoin": "ltc",
    "monero": "xmr",
    "bitcoincash": "bch",
}
# Tried in this order; the first character tells the chain, the length and alphabet that it is an address at all.
SHAPES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("eth", "form", re.compile(r"0[xX][0-9a-fA-F]{40}\Z")),
    ("btc", "bech32", re.compile(r"(?:bc1[02-9ac-hj-np-z]{11,71}|BC1[02-9AC-HJ-NP-Z]{11,71})\Z")),
    ("ltc", "bech32", re.compile(r"(?:ltc1[02-9ac-hj-np-z]{11,71}|LTC1[02-9AC-HJ-NP-Z]{11,71})\Z")),
    ("xmr", "form", re.compile(r"[48][1-9A-HJ-NP-Za-km-z]{94}(?:[1-9A-HJ-NP-Za-km-z]{11})?\Z")),
    ("btc", "base58", re.compile(r"[13][1-9A-HJ-NP-Za-km-z]{25,34}\Z")),
    ("trx", "base58", re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}\Z")),
    ("ltc", "base58", re.compile(r"[LM][1-9A-HJ-NP-Za-km-z]{32,33}\Z")),
    ("doge", "base58", re.compile(r"D[1-9A-HJ-NP-Za-km-z]{33}\Z")),
    ("dash", "base58", re.compile(r"X[1-9A-HJ-NP-Za-km-z]{33}\Z")),
    ("zec", "base58", re.compile(r"t[13][1-9A-HJ-NP-Za-km-z]{33}\Z")),
    ("bch", "form", re.compile(r"[qp][02-9ac-hj-np-z]{41}\Z")),
)


def normalise(raw: str, country: str | None = None) -> Normalised:
    text = wash(raw)
    prefix, colon, rest = text.partition(":")
    named = _URI.get(prefix.lower(), prefix.lower()) if colon else ""
    address = (rest.partition("?")[0] if named in CHAINS else text).strip()
    shapes = ((chain, kind) for chain, kind, form in SHAPES if form.match(address))
    chain, kind = required(
        next(shapes, None), "This is not the form of an address of a chain that is known here."
    )
    if kind in {"bech32", "form"} and chain in {"eth", "btc", "ltc"}:
        address = address.lower()
    warnings = () if checks(address, kind) else ("The checksum does not match: the address may be misread.",)
    return Normalised(value=f"{chain}:{address}", display=f"{CHAINS[chain]} {address}", warnings=warnings)


def checks(address: str, kind: str) -> bool:
    """Whether the checksum of this kind of address holds; addresses known by form alone always do."""
    if kind == "base58":
        return _base58check(address)
    return _bech32check(address) if kind == "bech32" else True


def _base58check(address: str) -> bool:
    number = 0
    for char in address:
        number = number * 58 + _BASE58.index(char)
    leading = len(address) - len(address.lstrip("1"))
    body = b"\0" * leading + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return hashlib.sha256(hashlib.sha256(body[:-4]).digest()).digest()[:4] == body[-4:]


def _bech32check(address: str) -> bool:
    prefix, _, data = address.rpartition("1")
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    values += [_BECH32.index(char) for char in data]
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            state ^= generator if top >> bit & 1 else 0
    return state in {1, 0x2BC830A3}
