"""Telephone numbers in running text.

A run of digit groups is cut into windows of a length that the country's numbers have; the widest window that is a
number in use wins. Groupings that the country does not use are kept with a doubt.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from intel.extraction.finding import Finding
from intel.matching.identifiers import NotAnIdentifier, normalise

_RUN = re.compile(r"(?<![\w.,:/$€£@#])(?:\+ ?|\()?\d(?:[\d().+/ -]{5,28})\d(?![\w%]|[.,:/-]\d)")
_GROUP = re.compile(r"[+(]*\d+")
_SEPARATOR = re.compile(r"[ .)(/-]{0,3}\Z")
_WORD = re.compile(
    r"(?:phone|tel|telephone|telefono|teléfono|celular|cell|mobile|call|called|calls|text|texted|sms|whatsapp|number|"
    r"contact|hotline|fax|dial|line|at)\b[^\n\d]{0,12}\Z",
    re.IGNORECASE,
)
_MOST_WINDOWS = 24


def find_phones(text: str, country: str) -> Iterator[Finding]:
    for run in _RUN.finditer(text):
        yield from _in_run(text, run.start(), run.end(), country)


def _in_run(text: str, start: int, end: int, country: str) -> Iterator[Finding]:
    groups = [(match.start(), match.end()) for match in _GROUP.finditer(text, start, end)]
    done_until, tried = start, 0
    for first, (left, _) in enumerate(groups):
        if left < done_until:
            continue
        for last in range(len(groups) - 1, first - 1, -1):
            right = groups[last][1]
            if tried >= _MOST_WINDOWS or not _plausible(text[left:right], country):
                continue
            tried += 1
            found = _phone(text, left, right, country)
            if found:
                yield found
                done_until = right
                break


def _plausible(window: str, country: str) -> bool:
    digits = sum(char.isdigit() for char in window)
    if window.lstrip("(").startswith("+"):
        return 8 <= digits <= 15 and window.count("+") == 1
    if "+" in window:
        return False
    separators = re.split(r"\d+", window)[1:-1]
    return digits in _lengths(country) and all(_SEPARATOR.match(s) for s in separators)


@lru_cache
def _lengths(country: str) -> frozenset[int]:
    """How many digits a number of this country may be written with, national prefix and 00 included."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if metadata is None or metadata.general_desc is None:
        return frozenset()
    lengths = {length for length in metadata.general_desc.possible_length if length > 6}
    prefix = len(metadata.national_prefix or "")
    return frozenset(lengths | {length + prefix for length in lengths} | {12, 13, 14})


@lru_cache(maxsize=8192)
def _reading(window: str, country: str) -> tuple[str, str, bool] | None:
    """(value, display, grouped as is usual there), or nothing when no operator uses the number."""
    if len(re.sub(r"\D", "", window)) > 11 and not window.lstrip("(").startswith(("+", "00")):
        return None
    try:
        read = normalise("phone", window, country=country)
    except NotAnIdentifier:
        return None
    if read.warnings:
        return None
    number = phonenumbers.parse(read.value)
    forms = (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    written = "".join(re.findall(r"\d+ ?", re.sub(r"\D+", " ", window))).split()
    usual = any(_same_groups(written, phonenumbers.format_number(number, form)) for form in forms)
    return read.value, read.display, usual or len(written) == 1


def _same_groups(written: list[str], usual: str) -> bool:
    groups = re.findall(r"\d+", usual)
    return written[-len(groups) :] == groups or written == groups[-len(written) :]


def _phone(text: str, start: int, end: int, country: str) -> Finding | None:
    window = text[start:end]
    read = _reading(window, country)
    if read is None:
        return None
    value, display, usual = read
    called = _WORD.search(text[max(0, start - 40) : start]) is not None
    international = window.lstrip("(").startswith(("+", "00"))
    bare = window.isdigit()
    confidence = 0.95 if international else 0.85 if usual and not bare else 0.6 if usual else 0.4
    note = (
        ""
        if usual or international
        else f"Read as a number of {country}, where it is usually grouped otherwise."
    )
    if bare and not called:
        confidence, note = 0.5, "Ten or so digits in a row: it may not be a telephone number."
    confidence = min(0.95, confidence + (0.15 if called else 0))
    return Finding("phone", start, end, window, value, display, confidence, note)
