"""Check a file of audit rows with proofs, on any computer, without Taskforce.

    pip install cryptography
    python check_audit_export.py rows.jsonl PUBLIC_KEY

PUBLIC_KEY is what `./run manage verify_audit` prints on the installation; ask for it by another way than the file.
"""

import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fingerprint(line: dict) -> bytes:
    return hashlib.sha256(canonical(line["row"])).digest() if "row" in line else bytes.fromhex(line["leaf"])


def check(lines: list[str], key: str) -> str:
    """What the file proves, in a sentence. Raises ValueError with what is wrong."""
    about, *rest = [json.loads(line) for line in lines]
    seq, end = about["before"]["seq"], bytes.fromhex(about["before"]["hash"])
    hashes, shown = {seq: end.hex()}, 0
    for line in (line for line in rest if "seq" in line):
        seq, shown = seq + 1, shown + ("row" in line)
        end = hashlib.sha256(end + seq.to_bytes(8, "big") + fingerprint(line)).digest()
        if (line["seq"], line["hash"]) != (seq, end.hex()):
            raise ValueError(f"Row {line['seq']} is not as it was sealed.")
        hashes[seq] = end.hex()
    signed = [check_head(line["head"], about["chain"], hashes, key) for line in rest if "head" in line]
    if max(signed, default=-1) != seq or shown != about["rows"]:
        raise ValueError("The last row is under no signature, or rows are missing.")
    return f"{shown} rows of {about['agency']} are as they were sealed; {len(signed)} signatures are good."


def check_head(head: dict, chain: str, hashes: dict[int, str], key: str) -> int:
    said = {name: head[name] for name in ("at", "chain", "hash", "seq")}
    if head["chain"] != chain or hashes.get(head["seq"]) != head["hash"]:
        raise ValueError(f"The head signed at {head['at']} is of another chain.")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(head["signature"]), canonical(said)
        )
    except InvalidSignature:
        raise ValueError(f"The signature of {head['at']} is not of this key.") from None
    return head["seq"]


if __name__ == "__main__":
    if len(sys.argv) != 3 or len(sys.argv[2]) != 64:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        try:
            print(check(file.readlines(), sys.argv[2]))
        except json.JSONDecodeError:
            sys.exit("NOT PROVED: this is no file of rows with proofs (JSON lines).")
        except (ValueError, KeyError) as problem:
            sys.exit(f"NOT PROVED: {problem}")
