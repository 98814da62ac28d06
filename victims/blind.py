"""The blind index: keyed fingerprints of what an identity says, by which equal ones are found without opening any.

A name counts together with the date of birth alone; by itself it is too common. Spelling in capitals, with or without
accents, and the order of a name's words make no difference.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator

import phonenumbers

_LEAST = 4  # characters of a document's number


def fingerprints(values: dict[str, str], country: str, key: bytes) -> list[str]:
    """The index of an identity; `country`: where telephone numbers without a prefix belong."""
    said = {
        *_names(values),
        *_documents(values.get("documents", "")),
        *_phones(values.get("contact", ""), country),
    }
    return sorted(hmac.new(key, each.encode(), hashlib.sha256).hexdigest() for each in said)


def _names(values: dict[str, str]) -> Iterator[str]:
    born = values.get("birth_date", "")
    for name in [values.get("name", ""), *values.get("aliases", "").splitlines()]:
        if born and (words := _words(name)):
            yield f"name|{' '.join(sorted(words))}|{born}"


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(each for each in plain if not unicodedata.combining(each)))


def _documents(text: str) -> Iterator[str]:
    """One on a line, “kind: number”. Without a colon the line is the number."""
    for line in text.splitlines():
        number = "".join(_words(line.rpartition(":")[2])).upper()
        if len(number) >= _LEAST and any(each.isdigit() for each in number):
            yield f"document|{number}"


def _phones(text: str, country: str) -> Iterator[str]:
    text = re.sub(r"(?<!\d)00(?=[1-9])", "+", text)  # as most of the world dials abroad
    for found in phonenumbers.PhoneNumberMatcher(text, country or None):
        yield f"phone|{phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)}"
