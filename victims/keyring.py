"""The key ring of victims' identities: a file outside the database, without which no identity can be read.

It holds the keys that wrap each record's own key, of which one is active, and the key of the blind index. Nothing here
reads settings, so that `./run` makes a ring before there are any.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import secrets
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12


class KeyProblem(Exception):
    """The ring cannot be used. The message says what to do, and holds no key."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """`keys` by id wrap records' keys; new ones are wrapped with the `active` one. `index` is for matching alone."""

    active: str
    keys: dict[str, bytes]
    index: bytes

    @classmethod
    def new(cls) -> Self:
        return cls("", {}, secrets.token_bytes(KEY_BYTES)).with_new_key()

    def with_new_key(self) -> Self:
        """A ring that wraps with a new key from now on and still opens what the old ones wrapped."""
        key_id = f"{len(self.keys) + 1}-{secrets.token_hex(4)}"
        return replace(self, active=key_id, keys={**self.keys, key_id: secrets.token_bytes(KEY_BYTES)})

    def without(self, key_id: str) -> Self:
        return replace(self, keys={name: key for name, key in self.keys.items() if name != key_id})

    # --- A record's own key, wrapped ---------------------------------------------------------------------------

    def wrap(self, data_key: bytes, record: uuid.UUID) -> tuple[str, bytes]:
        """The id of the key that wraps, and the wrapped key: it opens for this record alone."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        said = _about(record, self.active)
        return self.active, nonce + AESGCM(self.keys[self.active]).encrypt(nonce, data_key, said)

    def unwrap(self, key_id: str, wrapped: bytes, record: uuid.UUID) -> bytes:
        if key_id not in self.keys:
            raise KeyProblem(
                f"The key {key_id} that this identity is locked with is not in the key ring. Ask whoever runs this"
                " installation to restore the ring from its backup. Nothing was changed."
            )
        try:
            return AESGCM(self.keys[key_id]).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _about(record, key_id)
            )
        except InvalidTag:
            raise KeyProblem(
                "This identity does not open with its key: the row was altered or belongs to another record."
                " Nothing was changed. Tell whoever runs this installation."
            ) from None

    # --- As a file -----------------------------------------------------------------------------------------------

    def as_text(self) -> str:
        keys = {name: base64.b64encode(key).decode() for name, key in self.keys.items()}
        return json.dumps(
            {"active": self.active, "index": base64.b64encode(self.index).decode(), "keys": keys}
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        try:
            said = json.loads(text)
            keys = {str(name): _key(value) for name, value in said["keys"].items()}
            ring = cls(str(said["active"]), keys, _key(said["index"]))
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            raise KeyProblem(
                "it is not a whole key ring: JSON with “active”, “index” and “keys” is expected, each key 32"
                " random bytes in base64"
            ) from None
        if ring.active not in ring.keys:
            raise KeyProblem("its active key is not among its keys")
        return ring


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return key


def _about(record: uuid.UUID, key_id: str) -> bytes:
    return f"taskforce victim identity key|{record}|{key_id}".encode()


def make(path: Path) -> None:
    """A ring of its own for a new installation. One that is there stays."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, KeyRing.new(), first=True)


def load(path: Path) -> KeyRing:
    """The ring in this file. Raises `KeyProblem` where it is missing, open to others, or not whole."""
    restore = "Restore it from its backup; for a new installation ./run or deploy/make-secrets makes it."
    try:
        mode, text = path.stat().st_mode, path.read_text()
    except OSError as error:
        raise KeyProblem(
            f"The key ring {path} cannot be read ({error.strerror}). {restore} Do not make a new one while identities"
            " are held: they open with the old one alone."
        ) from None
    if mode & 0o007:
        raise KeyProblem(
            f"The key ring {path} is open to every account of this machine. Run: chmod 600 {path}"
        )
    try:
        return KeyRing.from_text(text)
    except KeyProblem as problem:
        raise KeyProblem(f"The key ring {path} cannot be used: {problem}. {restore}") from None


def save(path: Path, ring: KeyRing) -> None:
    """Put this ring in the place of the one in the file, whole or not at all."""
    _write(path, ring, first=False)


def _write(path: Path, ring: KeyRing, *, first: bool) -> None:
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(ring.as_text())
            file.flush()
            os.fsync(file.fileno())
        if first:
            _link(draft, path)
        else:
            _like(path, draft)
            draft.replace(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)  # of two that make one at once, the first stays


def _like(path: Path, draft: Path) -> None:
    """In a container the file belongs to another account than the one that keeps the keys."""
    owner = path.stat()
    draft.chmod(owner.st_mode & 0o770)
    if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(draft, owner.st_uid, owner.st_gid)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
