"""The company a row keeps: what a third row, surely linked to both sides of a pair, adds to the pair's own bits.

Two rows of one person may share little, while a third has much in common with both; and two rows that look alike are
told apart by the rows that each is surely linked to. Grouping sees this; the second look puts it into the weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from intel.matching.evidence import Evidence
from intel.matching.frame import Floats, Ints

# What a second look weighs: a third row linked to both; the weaker of its two links; how many such there are; both
# rows linked to others but never to the same one; only one of the two linked to anybody else; the mean of the bits
# between each row and those that the other is linked to.
COLUMNS = ("linked", "support", "several", "apart", "one_sided", "average")
AGREEING = frozenset({"linked", "support", "several", "average"})
AGAINST = frozenset({"apart"})
_SURE = 3.0  # bits from which a link counts as company
_MOST_SUPPORT = 12.0  # bits
_MOST_AVERAGED = 8.0  # bits that one pair says in the mean; a pair that no key proposed says as much against
_MOST_NEIGHBOURS = 15  # the strongest, of one row
_PAIRS_AT_ONCE = 100_000
_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Company:
    """Of each pair: bits of the weaker link to the best third row (0 for none), how many third rows are linked to
    both, whether the left and the right row are linked to anybody else at all, and the mean of what the rows linked
    to one say of the other (0 where there are none)."""

    support: Floats
    thirds: Ints
    left_linked: npt.NDArray[np.bool_]
    right_linked: npt.NDArray[np.bool_]
    average: Floats

    def at(self, chosen: Ints) -> Company:
        return Company(
            self.support[chosen],
            self.thirds[chosen],
            self.left_linked[chosen],
            self.right_linked[chosen],
            self.average[chosen],
        )

    def values(self) -> Floats:
        """Shape (pairs, COLUMNS)."""
        none = self.thirds == 0
        return np.column_stack(
            [
                ~none,
                np.minimum(self.support, _MOST_SUPPORT),
                np.log2(1 + self.thirds),
                none & self.left_linked & self.right_linked,
                none & (self.left_linked != self.right_linked),
                self.average,
            ]
        ).astype(np.float64)

    def bits(self, look: Mapping[str, float]) -> Floats:
        """What the company says, to the thousandth of a bit."""
        said: Floats = np.round(
            self.values() @ np.array([look.get(name, 0.0) for name in COLUMNS]), _DECIMALS
        )
        return said

    def tell(self, pair: int, bits: float) -> Evidence | None:
        """In words; None where it says nothing."""
        if bits == 0:
            return None
        level, sentence = self._in_words(pair)
        return Evidence("company", level, bits, sentence, sentence, sentence, "", "")

    def _in_words(self, pair: int) -> tuple[str, str]:
        thirds = int(self.thirds[pair])
        mean = f"those rows and the other of the two agree by {self.average[pair]:+.1f} bits on average"
        if thirds:
            many = "One other row is" if thirds == 1 else f"{thirds} other rows are"
            return (
                "linked",
                f"{many} linked to both; rows linked to one agree with the other by {self.average[pair]:+.1f} bits on average.",
            )
        if self.left_linked[pair] and self.right_linked[pair]:
            return "apart", f"Each is linked to other rows, but never to the same one; {mean}."
        return "one sided", f"Only one of the two is linked to other rows; {mean}."


def company(left: Ints, right: Ints, bits: Floats, records: int) -> Company:
    """The company of every pair (places left < right, ascending) by the bits of a first look."""
    links = _Links.of(left, right, bits, records)
    support, average = np.zeros(len(left)), np.zeros(len(left))
    thirds = np.zeros(len(left), np.int64)
    for part in _parts(len(left)):
        support[part], thirds[part], average[part] = links.between(left[part], right[part])
    own = (bits >= _SURE).astype(np.int64)
    return Company(support, thirds, links.many[left] - own > 0, links.many[right] - own > 0, average)


@dataclass(frozen=True, slots=True)
class _Links:
    """The sure links of each record, strongest first: `who` and `said` from `start[r]`, `count[r]` of them are asked,
    of `many`. `codes` (left place * records + right place, ascending) and `bits` are all pairs."""

    start: Ints
    count: Ints
    many: Ints
    who: Ints
    said: Floats
    codes: Ints
    bits: Floats
    records: int

    @classmethod
    def of(cls, left: Ints, right: Ints, bits: Floats, records: int) -> _Links:
        sure = bits >= _SURE
        own, other = np.concatenate([left[sure], right[sure]]), np.concatenate([right[sure], left[sure]])
        said = np.concatenate([bits[sure], bits[sure]])
        order = np.lexsort((other, -said, own))
        start = np.searchsorted(own[order], np.arange(records + 1))
        many = np.diff(start)
        return cls(
            start[:-1], np.minimum(many, _MOST_NEIGHBOURS), many, other[order], said[order],
            left * np.int64(records) + right, bits, records,
        )  # fmt: skip

    def between(self, left: Ints, right: Ints) -> tuple[Floats, Ints, Floats]:
        """Best support, number of third rows and mean of what is said, of each pair."""
        pairs = len(left)
        support, total = np.zeros(pairs), np.zeros(pairs)
        thirds, heard = np.zeros(pairs, np.int64), np.zeros(pairs, np.int64)
        for own, other in ((left, right), (right, left)):
            asked, link, answer = self._ask(own, other)
            total += np.bincount(asked, np.clip(answer, -_MOST_AVERAGED, _MOST_AVERAGED), pairs)
            heard += np.bincount(asked, minlength=pairs)
            both = answer >= _SURE
            np.maximum.at(support, asked[both], np.minimum(link, answer)[both])
            thirds = np.maximum(thirds, np.bincount(asked[both], minlength=pairs))
        return support, thirds, np.round(total / np.maximum(heard, 1), _DECIMALS)

    def _ask(self, own: Ints, other: Ints) -> tuple[Ints, Floats, Floats]:
        """Each row that `own` is linked to: (which pair, bits of that link, its bits with `other`)."""
        count = self.count[own]
        asked = np.repeat(np.arange(len(own)), count)
        at = np.repeat(self.start[own] - (np.cumsum(count) - count), count) + np.arange(len(asked))
        apart = self.who[at] != other[asked]
        asked, at = asked[apart], at[apart]
        third, whom = self.who[at], other[asked]
        codes = np.minimum(third, whom) * np.int64(self.records) + np.maximum(third, whom)
        place = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        answer = np.where(self.codes[place] == codes, self.bits[place], -_MOST_AVERAGED)
        return asked, self.said[at], answer


def _parts(total: int) -> Iterator[slice]:
    return (slice(start, start + _PAIRS_AT_ONCE) for start in range(0, total, _PAIRS_AT_ONCE))
