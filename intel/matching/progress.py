"""How far long work is and how long it will still take, on standard error, so that a pipe stays clean."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_EVERY_SECONDS = 5.0
_EVERY_ITEMS = 1_000


class SupportsWrite(Protocol):
    def write(self, text: str, /) -> Any: ...


class Progress:
    """Says nothing about work that ends within a few seconds."""

    def __init__(self, out: SupportsWrite | None = None) -> None:
        self._out = out or sys.stderr

    def counted(self, items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
        """The items, counted aloud."""
        begun = said = time.monotonic()
        for done, item in enumerate(items):
            if done % _EVERY_ITEMS == 0 and (now := time.monotonic()) - said >= _EVERY_SECONDS:
                said = now
                self._say(what, done, total, now - begun)
            yield item

    def steps(self, total: int, size: int, what: str) -> Iterator[int]:
        """Where each part of `size` of `total` begins."""
        begun = said = time.monotonic()
        for start in range(0, total, size):
            if (now := time.monotonic()) - said >= _EVERY_SECONDS:
                said = now
                self._say(what, start, total, now - begun)
            yield start

    def note(self, text: str) -> None:
        self._out.write(f"{text}\n")

    def _say(self, what: str, done: int, total: int | None, seconds: float) -> None:
        left = f", about {_spoken(seconds * (total - done) / done)} left" if total and done else ""
        self.note(f"{what}: {done:,}{f' of {total:,}' if total else ''}{left}")


def amount(count: int, what: str) -> str:
    """`what` in the singular, as often as it is: "1 pair", "1,000 pairs"."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
