"""What the person at the terminal reads: one line a step, and one sentence when something is wrong."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Problem(Exception):
    """Something a person can put right; the message says what is wrong, and `advice` what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def complain(problem: Problem) -> None:
    """Print a problem and its advice to standard error."""
    print(f"\nTaskforce: {problem}", file=sys.stderr)
    if problem.advice:
        print(problem.advice, file=sys.stderr)
    sys.stderr.flush()


@contextmanager
def step(what: str) -> Iterator[None]:
    """Announce a step, then say how long it took; on standard error, which leaves a command's own output clean."""
    began = time.monotonic()
    print(f"  {what} ... ", end="", file=sys.stderr, flush=True)
    yield
    print(f"{time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; empty if there is none."""
    try:
        text = log.read_bytes()[-8192:].decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
