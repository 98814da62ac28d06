"""A reading copy of a text in which every character is an ordinary one, and the way back to the original."""

import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from intel.extraction.finding import Finding

_QUOTES = dict.fromkeys("“”„‟«»″＂", '"') | dict.fromkeys("‘’‚‛′´`", "'")


@dataclass(frozen=True, slots=True)
class PlainText:
    """`text` to read; `offsets[i]` is where its i-th character stands in `original`."""

    original: str
    text: str
    offsets: tuple[int, ...]

    def in_original(self, found: Finding) -> Finding:
        """The finding with positions and raw text of the original. A card number stays where it was written."""
        start, end = self.offsets[found.start], self.offsets[found.end - 1] + 1
        raw = found.display if found.kind == "card" else self.original[start:end]
        return replace(found, start=start, end=end, raw=raw)


def plain(original: str) -> PlainText:
    """One ordinary character for each, none for the invisible ones: other scripts' digits, wide letters, dashes."""
    kept = [(char, at) for at, char in enumerate(map(_ordinary, original)) if char]
    return PlainText(original, "".join(char for char, _ in kept), tuple(at for _, at in kept))


@lru_cache(maxsize=4096)
def _ordinary(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() or char == "\n" else " " if char in "\t\r" else ""
    kind = unicodedata.category(char)
    if kind in {"Cf", "Cc", "Cs", "Cn", "Co"}:
        return ""
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if kind == "Pd" or char == "\N{MINUS SIGN}":
        return "-"
    if kind == "Zs":
        return " "
    compatible = unicodedata.normalize("NFKC", char)
    return _QUOTES.get(char, compatible if len(compatible) == 1 else char)
