"""Human references for files: short, sayable, and telling nobody how many files an agency has."""

import secrets

# Crockford's base 32: no I, L, O or U, so nothing is misread over the phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A random reference such as "7K3F-Q2MX". Numbers in sequence would tell partners how many hidden files exist."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{code[:4]}-{code[4:]}"
