"""U.S. federal docket numbers: office, year, kind, serial number, as in 3:15-cr-00024.

The initials of the judges that clerks append change with reassignment and are dropped. A number is unique within
one court only, which the value does not name.
"""

import re

from intel.matching.identifiers.result import Normalised, required, wash

SHAPE = re.compile(
    r"(?:(?P<office>\d{1,2})[:-] ?)?(?:(?:19|20)(?=\d{2}[ -]?[a-z]))?(?P<year>\d{2})[ -]?"
    r"(?P<kind>cr|cv|mj|mc|po|sw)[ -]{0,2}(?P<serial>\d{1,6})(?:[ (-]{1,2}[a-z]{2,4}\)?)*(?:-\d{1,3})?\Z",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(r"^(?:case |docket |no\.? |number |# ?)+", re.IGNORECASE)


def normalise(raw: str, country: str | None = None) -> Normalised:
    text = _LEAD_IN.sub("", wash(raw))
    found = required(SHAPE.match(text), "A federal docket number reads 3:15-cr-00024.")
    office, year, kind, serial = found.group("office", "year", "kind", "serial")
    number = f"{year}-{kind.lower()}-{int(serial):05}"
    value = f"{int(office)}:{number}" if office else number
    return Normalised(value=value, display=value, country="US")
