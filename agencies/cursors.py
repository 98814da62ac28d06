"""Cursors that API clients keep: a place in their feed, sealed.

A place holds a transaction number, and those tell how much all agencies together write. So cursors are encrypted and
authenticated, after the synthetic-IV construction of RFC 5297 with HMAC-SHA256 as the pseudo-random function: the
same place is always the same text, and a cursor of another agency or kind does not open.
"""

from __future__ import annotations

import base64
import struct
import uuid
from typing import NamedTuple

from django.utils.crypto import constant_time_compare, salted_hmac


class Place(NamedTuple):
    """After which change a reader goes on."""

    txid: int
    object_id: uuid.UUID


START = Place(0, uuid.UUID(int=0))
_SHAPE = struct.Struct(">q16s")
_IV_BYTES = 16


def seal(place: Place, feed: str) -> str:
    """The text of a place in `feed` (whose feed, of what)."""
    plain = _SHAPE.pack(place.txid, place.object_id.bytes)
    iv = _iv(plain, feed)
    return base64.urlsafe_b64encode(iv + _masked(plain, iv)).decode().rstrip("=")


def unseal(text: str, feed: str) -> Place | None:
    """The place, or None if this is no cursor of this feed."""
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    iv, masked = sealed[:_IV_BYTES], sealed[_IV_BYTES:]
    if len(masked) != _SHAPE.size:
        return None
    plain = _masked(masked, iv)
    if not constant_time_compare(iv, _iv(plain, feed)):
        return None
    txid, object_id = _SHAPE.unpack(plain)
    return Place(txid, uuid.UUID(bytes=object_id))


def _iv(plain: bytes, feed: str) -> bytes:
    return salted_hmac("cursor place", feed.encode() + b"\0" + plain, algorithm="sha256").digest()[:_IV_BYTES]


def _masked(text: bytes, iv: bytes) -> bytes:
    stream = salted_hmac("cursor mask", iv, algorithm="sha256").digest()
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))
