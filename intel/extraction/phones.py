"""Telephone numbers in running text.

A run of digit groups is cut into windows of a length that the country's numbers have; the widest window that is a
number in use wins. Groupings that the country does not use are kept with a doubt.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import count

import phonenumbers

from intel.extraction.finding import Finding
from intel.matching.identifiers import NotAnIdentifier, normalise

_RUN = re.compile(r"(?<![\w.,:/$€£@#])(?:\+ ?|\()?\d(?:[\d().+/ -]{5,28})\d(?![\w%]|[.,:/-]\d)")
_GROUP = re.compile(r"[+(]*\d+")
_DIGITS = re.compile(r"\d+")
_TOO_FAR_APART = re.compile(r"\d[^\d]{4}|  |[(][^\d]|/.*/")
_WORD = re.compile(
    r"(?:phone|tel|telephone|telefono|teléfono|celular|cell|mobile|call|called|calls|text|texted|sms|whatsapp|number|"
    r"contact|hotline|fax|dial|line|at)\b[^\n\d]{0,12}\Z",
    re.IGNORECASE,
)
_MOST_WINDOWS = 24  # tried in one run of digits
# In one text: a longer list of numbers is a telephone bill, which is imported and not narrated.
_MOST_TRIES = 4_000


def find_phones(text: str, country: str) -> Iterator[Finding]:
    tries = count()
    for run in _RUN.finditer(text):
        yield from _in_run(text, run.start(), run.end(), country, tries)


def _in_run(text: str, start: int, end: int, country: str, tries: Iterator[int]) -> Iterator[Finding]:
    groups = [(match.start(), match.end()) for match in _GROUP.finditer(text, start, end)]
    digits = [sum(map(str.isdigit, text[left:right])) for left, right in groups]
    first, last_try = 0, next(tries) + _MOST_WINDOWS
    while first < len(groups):
        used = 1
        for last in range(len(groups), first, -1):
            left, right = groups[first][0], groups[last - 1][1]
            written = sum(digits[first:last])
            if written < 1.7 * (last - first):  # "1 2 3 4 5 6 7" is counting, not calling
                continue
            if not _plausible(text[left:right], written, country):
                continue
            if next(tries) > min(last_try, _MOST_TRIES):
                return
            found = _phone(text, left, right, country)
            if found:
                yield found
                used = last - first
                break
        first += used


def _plausible(window: str, digits: int, country: str) -> bool:
    if window.lstrip("(").startswith("+"):
        return 8 <= digits <= 15 and window.count("+") == 1
    if "+" in window or digits not in _lengths(country):
        return False
    return not _TOO_FAR_APART.search(window)


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
    written = _DIGITS.findall(window)
    abroad = window.lstrip("(").startswith(("+", "00"))
    if not abroad and sum(map(len, written)) > 11:
        return None
    try:
        read = normalise("phone", window, country=country)
    except NotAnIdentifier:
        return None
    if read.warnings:
        return None
    usual = _DIGITS.findall(read.display)[1:]
    written[0] = written[0] if abroad else written[0].lstrip("0")
    return read.value, read.display, len(written) == 1 or written[-len(usual) :] == usual


def _phone(text: str, start: int, end: int, country: str) -> Finding | None:
    if text.count("(", start, end) > text.count(")", start, end) and text[start] == "(":
        start += 1
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
