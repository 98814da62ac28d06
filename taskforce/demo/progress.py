"""Progress in a terminal: a bar with counts and the time that is left; into a file, a line now and then."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")
_WIDTH = 24
_LINE_EVERY = 5.0  # seconds, where the output is no terminal


class Bar:
    """One phase of work. `total` may grow while it runs."""

    def __init__(self, label: str, total: int, out: TextIO = sys.stdout) -> None:
        self.label, self.total, self.done, self._out = label, total, 0, out
        self._began = self._said = time.monotonic()
        self._show()

    def step(self, number: int = 1) -> None:
        self.done += number
        if self._out.isatty() or time.monotonic() - self._said > _LINE_EVERY:
            self._show()

    def close(self) -> None:
        seconds = time.monotonic() - self._began
        self._write(f"  {self.label:<26} {self.done} in {seconds:.1f} s", last=True)

    def _show(self) -> None:
        self._said = time.monotonic()
        filled = _WIDTH * self.done // max(self.total, 1)
        bar = "█" * filled + "·" * (_WIDTH - filled)
        self._write(f"  {self.label:<26} {bar} {self.done}/{self.total}{self._left()}")

    def _left(self) -> str:
        if not 0 < self.done < self.total:
            return ""
        seconds = (time.monotonic() - self._began) / self.done * (self.total - self.done)
        return f"  about {seconds:.0f} s left" if seconds >= 1 else ""

    def _write(self, text: str, *, last: bool = False) -> None:
        if self._out.isatty():
            self._out.write(f"\r\x1b[K{text}" + ("\n" if last else ""))
        elif last or self.done:
            self._out.write(f"{text}\n")
        self._out.flush()


def track(label: str, items: Iterable[T], out: TextIO = sys.stdout) -> Iterator[T]:
    """The items one by one, with a bar that moves when each is done."""
    held = list(items)
    bar = Bar(label, len(held), out)
    for item in held:
        yield item
        bar.step()
    bar.close()
