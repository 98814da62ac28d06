"""The field's code lists, as published: codes are stored, labels are shown, definitions are the help text. Pure."""

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
def codes(name: str) -> dict[str, Code]:
    """The values of a list in their published order.

    Raises:
        FileNotFoundError: there is no list of this name.
    """
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: Code(row["code"], row["label"], row["definition"], row["source"])
            for row in csv.DictReader(lines)
        }


def choices(name: str) -> list[tuple[str, str]]:
    """(code, label) of every value, for a form."""
    return [(value.code, value.label) for value in codes(name).values()]


def label(name: str, code: str) -> str:
    """The label of a code; the code itself where the list does not have it, so that old data stays readable."""
    return codes(name)[code].label if code in codes(name) else code


def define(name: str, code: str) -> str:
    """What a code means, in a sentence; empty where its label says it all."""
    return codes(name)[code].definition if code in codes(name) else ""
