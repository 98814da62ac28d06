"""What a narrative says, as findings to confirm, correct or drop. Pure: text in, spans out.

Every pattern is bounded, so reading time grows with the length of the text and with nothing else.
"""

from collections.abc import Iterable, Iterator

from intel.extraction.dates import find_ages, find_dates
from intel.extraction.finding import Finding, without_overlaps
from intel.extraction.people import find_people
from intel.extraction.phones import find_phones
from intel.extraction.places import find_places
from intel.extraction.plain import plain
from intel.extraction.selectors import find_selectors
from intel.extraction.words import fold, words_of

__all__ = ["Finding", "find"]


def find(text: str, *, country: str = "US", known_names: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Identifiers, dates, ages, countries, places and persons in `text`, in its order and never overlapping.

    `country` (ISO alpha-2) is where the writer sits: it decides how local telephone numbers, dates such as 3/4/2015
    and names such as Georgia are read. `known_names` are found wherever they stand, accents and case apart.
    """
    read = plain(text)
    words = words_of(read.text)
    people = list(find_people(read.text, words, country, known_names))
    candidates = [
        *find_selectors(read.text, country),
        *find_phones(read.text, country),
        *find_dates(read.text, country),
        *find_ages(read.text),
        *people,
        *_not_surnames(find_places(read.text, words, country), people),
    ]
    return tuple(read.in_original(found) for found in without_overlaps(candidates))


def _not_surnames(places: Iterable[Finding], people: Iterable[Finding]) -> Iterator[Finding]:
    """Flores is a town of Guatemala, but not where the text has a Claudia Flores and no more to go by."""
    name_parts = {part for person in people for part in person.value.split()}
    return (place for place in places if place.confidence > 0.7 or fold(place.raw) not in name_parts)
