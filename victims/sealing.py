"""Sealing a victim's identity: each field by itself, bound to its record, its name and the record's version."""

from __future__ import annotations

import secrets
import uuid
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from victims import keyring
from victims.keyring import KEY_BYTES, NONCE_BYTES, KeyProblem, KeyRing
from victims.models import FIELDS, VictimIdentity

PADDED_TO = 256  # bytes: how much was written is not told by how long it is

_last: tuple[tuple[object, ...], KeyRing] | None = None


def ring_file() -> Path:
    return Path(settings.VICTIM_KEY_RING_FILE)


def ring() -> KeyRing:
    """The ring as its file has it now: a key that was added a moment ago is known to every process."""
    global _last
    path = ring_file()
    try:
        stat = path.stat()
    except OSError:
        return keyring.load(path)
    seen = (str(path), stat.st_mtime_ns, stat.st_ino, stat.st_size, stat.st_mode)
    if _last is None or _last[0] != seen:
        _last = (seen, keyring.load(path))
    return _last[1]


# Held shared from before a row is read or written until its transaction ends, and alone while a key is taken out of the
# ring: nobody is left with a row that was locked with a key a moment after it had gone.
_KEYS_IN_USE = 0x76696374


def hold_keys(*, alone: bool = False) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(%s)", [_KEYS_IN_USE])


def seal(identity: VictimIdentity, values: dict[str, str]) -> None:
    """Put all values into the row, sealed for the version that it has; a new row gets its key."""
    held = ring()
    if identity.wrapped_key:
        key = held.unwrap(identity.key_id, bytes(identity.wrapped_key), identity.pk)
    else:
        key = secrets.token_bytes(KEY_BYTES)
        identity.key_id, identity.wrapped_key = held.wrap(key, identity.pk)
    for field in FIELDS:
        setattr(identity, field, _seal(key, values.get(field, ""), _about(identity, field)))


def open_field(identity: VictimIdentity, field: str) -> str:
    """One field in the clear."""
    return _open(_key(identity), bytes(getattr(identity, field)), _about(identity, field))


def open_all(identity: VictimIdentity) -> dict[str, str]:
    key = _key(identity)
    return {field: _open(key, bytes(getattr(identity, field)), _about(identity, field)) for field in FIELDS}


def rewrap(identity: VictimIdentity, held: KeyRing) -> None:
    """Wrap the record's key with the active one. What the fields hold is not touched."""
    key = held.unwrap(identity.key_id, bytes(identity.wrapped_key), identity.pk)
    identity.key_id, identity.wrapped_key = held.wrap(key, identity.pk)


def _key(identity: VictimIdentity) -> bytes:
    return ring().unwrap(identity.key_id, bytes(identity.wrapped_key), identity.pk)


def _about(identity: VictimIdentity, field: str) -> bytes:
    return about(identity.pk, field, identity.version)


def about(record: uuid.UUID, field: str, version: int) -> bytes:
    """What a sealed field is bound to."""
    return f"taskforce victim identity|{record}|{field}|{version}".encode()


def _seal(key: bytes, text: str, said: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    plain = text.encode()
    padding = -(len(plain) + 4) % PADDED_TO
    return nonce + AESGCM(key).encrypt(nonce, len(plain).to_bytes(4) + plain + bytes(padding), said)


def _open(key: bytes, sealed: bytes, said: bytes) -> str:
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], said)
    except InvalidTag:
        raise KeyProblem(
            "This field does not open: it was altered, or moved here from another record, field or version."
            " Nothing was changed. Tell whoever runs this installation."
        ) from None
    return plain[4 : 4 + int.from_bytes(plain[:4])].decode()
