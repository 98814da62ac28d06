"""The spellings a word may have, as one chain of choices: how likely a given Latin word is, and which are likeliest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from intel.matching.scripts.signs import Script, Sign
from intel.matching.scripts.tables import Emissions, Table, contexts, known_signs

Lattice = tuple[Emissions, ...]
BEAM = 10.0  # natural-log units behind the best path at which a path is given up
GIVE_UP = 12.0  # natural-log units behind mere chance at which a word is surely another
ANY_LETTER = 2.6  # what a letter costs by mere chance: paths that have used more and fewer become comparable
HOPELESS = -1e9


def lattice(signs: Iterable[Sign], tables: Mapping[Script, Table]) -> Lattice:
    known = known_signs(signs, tables)
    return tuple(tables[sign.script].emissions(contexts(known, at)) for at, sign in enumerate(known))


def fit(choices: Lattice, letters: str) -> float:
    """Log chance of the likeliest way to spell `letters`; HOPELESS when there is none."""
    end = len(letters)
    paths = {0: 0.0}
    for emissions in choices:
        paths = _step(paths, emissions, letters, end)
        if not paths:
            return HOPELESS
    return paths.get(end, HOPELESS)


def _step(paths: dict[int, float], emissions: Emissions, letters: str, end: int) -> dict[int, float]:
    """One sign further: letters used so far -> log chance; nothing when all of it is worse than chance."""
    chunks, floor = emissions.chunks, emissions.floor
    reached: dict[int, float] = {}
    best = HOPELESS
    for start, so_far in paths.items():
        stop = start
        for unseen in floor[: end - start + 1]:
            total = so_far + chunks.get(letters[start:stop], unseen)
            if total > reached.get(stop, HOPELESS):
                reached[stop] = total
                best = max(best, total + ANY_LETTER * stop)
            stop += 1
    if best < -GIVE_UP:
        return {}
    return {stop: total for stop, total in reached.items() if total + ANY_LETTER * stop > best - BEAM}


def align(choices: Lattice, letters: str) -> tuple[float, list[str]] | None:
    """The likeliest way itself: its log chance, and the letters of each sign. None when there is none."""
    steps = [{0: (0.0, 0)}]
    for emissions in choices:
        reached: dict[int, tuple[float, int]] = {}
        for start, (so_far, _) in steps[-1].items():
            for length, unseen in enumerate(emissions.floor[: len(letters) - start + 1]):
                total = so_far + emissions.chunks.get(letters[start : start + length], unseen)
                if total > reached.get(start + length, (HOPELESS, 0))[0]:
                    reached[start + length] = (total, start)
        steps.append(reached)
    if len(letters) not in steps[-1]:
        return None
    chunks: list[str] = []
    stop = len(letters)
    for reached in reversed(steps[1:]):
        start = reached[stop][1]
        chunks.append(letters[start:stop])
        stop = start
    return steps[-1][len(letters)][0], chunks[::-1]


def likeliest(choices: Lattice, most: int, width: int = 40) -> list[tuple[float, str]]:
    """The best spellings with their log chances, summed over the ways to the same letters."""
    beam: dict[str, float] = {"": 0.0}
    for emissions in choices:
        reached: dict[str, float] = {}
        options = sorted(emissions.chunks.items(), key=lambda option: -option[1])[:12]
        for letters, so_far in beam.items():
            for chunk, chance in options:
                total, longer = so_far + chance, letters + chunk
                before = reached.get(longer)
                reached[longer] = total if before is None else _log_sum(before, total)
        beam = dict(_best(reached, width))
    return [(chance, letters) for letters, chance in _best(beam, most) if letters]


def _best(beam: Mapping[str, float], most: int) -> Sequence[tuple[str, float]]:
    return sorted(beam.items(), key=lambda path: (-path[1], path[0]))[:most]


def _log_sum(left: float, right: float) -> float:
    high, low = max(left, right), min(left, right)
    return high + math.log1p(math.exp(low - high))
