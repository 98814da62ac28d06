"""How much of one report's text stands in another: shingles of words, compared exactly or found by MinHash.

A. Broder, "On the resemblance and containment of documents" (1997): the share of equal minima estimates the Jaccard
resemblance of two sets of shingles; minima in bands of four find pairs of resemblance .7 with probability .99, of .3
with .12.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

WORDS_A_SHINGLE = 4
FEWEST_SHINGLES = 12  # a text of fewer words says too little to be called a copy of another
COPY = 0.6  # of the shorter text; what two officers write of one event in their own words stays far below

_HASHES, _ROWS = 64, 4
# Han, kana and Hangul are written without spaces: each character counts as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_PRIME = np.uint64((1 << 61) - 1)

Shingles = frozenset[int]


@lru_cache(maxsize=256)
def shingles(text: str) -> Shingles:
    """The hashed runs of four words of a text, however it is cased or punctuated."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    runs = (" ".join(words[at : at + WORDS_A_SHINGLE]) for at in range(len(words) - WORDS_A_SHINGLE + 1))
    return frozenset(int.from_bytes(blake2b(run.encode(), digest_size=4).digest()) for run in runs)


def is_telling(found: Shingles) -> bool:
    """Is the text long enough to be recognised?"""
    return len(found) >= FEWEST_SHINGLES


def shared(one: Shingles, other: Shingles) -> float:
    """Which part of the shorter text stands in the longer one, 0 to 1; 0 where one of them is too short to tell."""
    if not (is_telling(one) and is_telling(other)):
        return 0.0
    return len(one & other) / min(len(one), len(other))


def bands(found: Shingles) -> list[int]:
    """Sixteen numbers below 2^63: two texts that have one of them in common are probably much alike."""
    if not is_telling(found):
        return []
    values = np.fromiter(found, np.uint64, len(found))
    factors, summands = _permutations()
    # 32-bit hashes times factors below 2^31 stay below 2^63: nothing overflows before the modulus.
    minima = ((values[:, None] * factors + summands) % _PRIME).min(axis=0)
    return [_name(place, rows) for place, rows in enumerate(minima.reshape(-1, _ROWS))]


def _name(place: int, rows: NDArray[np.uint64]) -> int:
    digest = blake2b(rows.tobytes(), digest_size=8, person=b"band%d" % place).digest()
    return int.from_bytes(digest) >> 1


@lru_cache(maxsize=1)
def _permutations() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The same on every machine, or kept bands would be worth nothing."""
    random = np.random.Generator(np.random.PCG64(20261122))
    factors = random.integers(1, 1 << 31, _HASHES, dtype=np.uint64)
    return factors, random.integers(0, 1 << 31, _HASHES, dtype=np.uint64)
