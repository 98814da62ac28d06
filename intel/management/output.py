"""Files that commands write: whole, or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A new file that takes the place of `path` at the end; a run that fails or is killed leaves `path` as it was."""
    if not path.parent.is_dir():
        raise CommandError(f"There is no folder {path.parent}: make it first.")
    if path.is_dir():
        raise CommandError(f"{path} is a folder: give a file name.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written ({error.strerror}): free the disk or choose another."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def table(path: Path, header: Sequence[str]) -> Iterator[Any]:
    """The csv writer of a new file with its header written."""
    with replacing(path) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        yield writer
