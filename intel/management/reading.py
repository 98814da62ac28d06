"""What the commands on files share: opening them, and saying in one sentence what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from intel.matching.fields import read_fields
from intel.matching.progress import Progress
from intel.matching.sources import Source
from intel.matching.tables import TableError

_MOST_LINES = 20  # of a kind of trouble that are named one by one
Handle = Callable[..., None]


def told(handle: Handle) -> Handle:
    """The command, with what is wrong with a file or a model told as one sentence instead of a traceback."""

    @wraps(handle)
    def wrapped(command: BaseCommand, *args: Any, **options: Any) -> None:
        try:
            handle(command, *args, **options)
        except ValueError as error:
            if isinstance(error, TableError) or "matching model" in str(error):
                raise CommandError(str(error)) from error
            raise

    return wrapped


def open_sources(
    files: Sequence[Path], fields: Path, other_fields: Path | None = None, label: str | None = None
) -> list[Source]:
    """One or two files with what their columns mean. `label` is a column to read beside them."""
    if len(files) > 2:
        raise CommandError("Give one file, or two: what is linked is within one or between two.")
    of_columns = [read_fields(fields)]
    of_columns.append(read_fields(other_fields) if other_fields else of_columns[0])
    return [Source.open(file, meant, label) for file, meant in zip(files, of_columns, strict=False)]


def progress_of(command: BaseCommand) -> Progress:
    """Progress on the command's standard error, which is not in the red of errors."""
    command.stderr.style_func = None
    return Progress(command.stderr)


def report(sources: Sequence[Source], progress: Progress) -> None:
    """Say which rows were left out and which values were not understood, with their lines."""
    for source in sources:
        for line, why in source.bad[:_MOST_LINES]:
            progress.note(f"{source.path.name}, line {line}: {why}; left out.")
        if len(source.bad) > _MOST_LINES:
            progress.note(f"{source.path.name}: {len(source.bad) - _MOST_LINES:,} more rows left out.")
        for column, lines in source.reader.unreadable.items():
            where = ", ".join(map(str, lines[:_MOST_LINES])) + (" ..." if len(lines) > _MOST_LINES else "")
            progress.note(
                f'{source.path.name}: {len(lines):,} values of "{column}" not understood and left empty: '
                f"line{'s' if len(lines) > 1 else ''} {where}."
            )
