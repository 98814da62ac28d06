"""Check a purge certificate, on any computer, without Taskforce.

    pip install cryptography
    python check_purge_certificate.py purge-7K3F-Q2MX.json PUBLIC_KEY

PUBLIC_KEY is what `./run manage verify_audit` prints on the installation; ask for it by another way than the file.
"""

import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def check(text: str, key: str) -> str:
    """What the certificate proves, in a sentence. Raises ValueError with what is wrong."""
    file = json.loads(text)
    told = file["told"]
    said = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(file["signature"]), said)
    except InvalidSignature:
        raise ValueError("The signature is not of this key, or the certificate was changed.") from None
    rows = sum(told["rows"].values())
    return (
        f"Record {told['reference']} was purged on {told['purged_at']}: {rows} rows. The signature is good."
    )


if __name__ == "__main__":
    if len(sys.argv) != 3 or len(sys.argv[2]) != 64:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        try:
            print(check(file.read(), sys.argv[2]))
        except json.JSONDecodeError:
            sys.exit("NOT PROVED: this is no purge certificate (JSON).")
        except (ValueError, KeyError, TypeError) as problem:
            sys.exit(f"NOT PROVED: {problem}")
