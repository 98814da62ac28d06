"""The arithmetic of the sealed audit record: rows, leaves, links and signed heads. No database in it.

A chain is one agency's audit record in the order of sealing. Each row gives a leaf, SHA-256 of the row as canonical
JSON; each link is SHA-256 of the link before, the row's number and its leaf. A head, the last link's number and hash,
is signed with Ed25519 and kept outside the database: who rewrites rows there cannot rewrite what was signed.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NOBODYS = str(
    uuid.UUID(int=0)
)  # the chain of what the installation did by itself, and of people of no agency

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def leaf(row: str) -> bytes:
    """The fingerprint of a row, in canonical JSON, as the chain's agency may read it."""
    return hashlib.sha256(row.encode()).digest()


def start(chain: str) -> bytes:
    """What stands before the first link of a chain."""
    return hashlib.sha256(f"taskforce audit {chain}".encode()).digest()


def link(before: bytes, seq: int, leaf: bytes) -> bytes:
    return hashlib.sha256(before + seq.to_bytes(8, "big") + leaf).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain at a moment, in the words in which it is signed and kept: all text but the numbers."""

    no: int
    chain: str
    seq: int
    hash: str
    at: str
    key: str
    signature: str

    def line(self) -> str:
        return canonical(asdict(self))

    @classmethod
    def read(cls, line: str) -> Head:
        """The head that a line of the heads file holds. Raises ValueError if it holds none."""
        try:
            head = cls(**json.loads(line))
        except TypeError as problem:
            raise ValueError(line) from problem
        texts = (head.chain, head.hash, head.at, head.key, head.signature)
        if {type(head.no), type(head.seq)} != {int} or {type(text) for text in texts} != {str}:
            raise ValueError(line)
        return head

    def is_genuine(self) -> bool:
        """Was it signed by the key that it names?"""
        said = statement(self.chain, self.seq, self.hash, self.at)
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key)).verify(
                bytes.fromhex(self.signature), said
            )
        except (InvalidSignature, ValueError):
            return False
        return True


def statement(chain: str, seq: int, hash: str, at: str) -> bytes:
    """What a signature is over."""
    return canonical({"at": at, "chain": chain, "hash": hash, "seq": seq}).encode()


class Signer:
    """The installation's key. Made once, kept in a file that only the installation's account can read."""

    def __init__(self, path: Path) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(_seed(path)))
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, chain: str, seq: int, hash: str, at: str) -> str:
        return self.sign_statement(statement(chain, seq, hash, at))

    def sign_statement(self, said: bytes) -> str:
        return self._key.sign(said).hex()


def _seed(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        draft.touch(mode=0o600)
        draft.write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
        try:
            os.link(draft, path)  # whole or not at all; of two that make one at once, the first stays
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
