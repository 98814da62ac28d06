"""Code lists, as published: codes are stored, labels are shown, definitions are the help text. Pure.

Each app keeps its lists in a folder of its own, one CSV file a list.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a list. `source` is where the value comes from."""

    code: str
    label: str
    definition: str
    source: str


@cache
def _read(path: Path) -> dict[str, Code]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: Code(row["code"], row["label"], row["definition"], row["source"])
            for row in csv.DictReader(lines)
        }


@dataclass(frozen=True, slots=True)
class CodeLists:
    """The lists of one folder."""

    folder: Path

    def codes(self, name: str) -> dict[str, Code]:
        """The values of a list in their published order.

        Raises:
            FileNotFoundError: there is no list of this name.
        """
        return _read(self.folder / f"{name}.csv")

    def choices(self, name: str) -> list[tuple[str, str]]:
        """(code, label) of every value, for a form."""
        return [(value.code, value.label) for value in self.codes(name).values()]

    def label(self, name: str, code: str) -> str:
        """The label of a code; the code itself where the list does not have it, so that old data stays readable."""
        return self.codes(name)[code].label if code in self.codes(name) else code

    def define(self, name: str, code: str) -> str:
        """What a code means, in a sentence; empty where its label says it all."""
        return self.codes(name)[code].definition if code in self.codes(name) else ""
