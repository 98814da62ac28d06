"""Finding a place by its name. This app knows no map: an upper app joins what it knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Found(NamedTuple):
    """A place of that name, for a person to choose from."""

    label: str
    coordinates: str


FINDERS: list[Callable[[str], list[Found]]] = []
MOST_FOUND = 6


def find(text: str) -> list[Found]:
    """What an address could mean, the likeliest first. A town's middle at best: the person moves it to the house."""
    return list(dict.fromkeys(found for finder in FINDERS for found in finder(text)))[:MOST_FOUND]
