"""What every normaliser answers, and the first washing that every raw text gets."""

import unicodedata
from dataclasses import dataclass
from typing import TypeVar

LONGEST = 2_000
T = TypeVar("T")


class NotAnIdentifier(ValueError):
    """The text cannot be this kind of identifier; the message is a sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """One identifier in its canonical form.

    `value` is compared, `display` is read. `country` (ISO 3166-1 alpha-2) is filled where the identifier itself,
    or the caller, says who issued it. `warnings` are findings, not errors: real documents are forged or misread.
    """

    value: str
    display: str
    warnings: tuple[str, ...] = ()
    country: str | None = None


def wash(raw: str) -> str:
    """Plain text: other scripts' digits and wide letters as ASCII, one kind of dash, no invisible characters."""
    if len(raw) > LONGEST:
        raise NotAnIdentifier(f"This is too long for an identifier (over {LONGEST} characters).")
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split())
    text = "".join(_plain(char) for char in unicodedata.normalize("NFKC", raw))
    return " ".join(text.split())


def _plain(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() else " "
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if kind == "Pd" or char == "\N{MINUS SIGN}":
        return "-"
    if kind in {"Cf", "Cc", "Cs", "Co", "Cn"}:
        return ""
    return char


def letters_and_digits(text: str) -> str:
    """Upper-case letters and digits only. Upper-casing can compose or split letters, so it runs until it settles."""
    while True:
        upper = unicodedata.normalize("NFKC", text.upper())
        kept = "".join(char for char in upper if char.isalnum())
        if kept == text:
            return kept
        text = kept


def require(condition: object, sentence: str) -> None:
    if not condition:
        raise NotAnIdentifier(sentence)


def required(found: T | None, sentence: str) -> T:
    if found is None:
        raise NotAnIdentifier(sentence)
    return found
