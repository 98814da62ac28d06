"""Identifiers in running text, other than telephone numbers: one row per way of recognising one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from intel.extraction import gazetteer
from intel.extraction.finding import Finding
from intel.extraction.words import fold
from intel.matching.identifiers import Normalised, NotAnIdentifier, handle, mrz, normalise

Check = Callable[[str, Normalised], bool]


def _always(raw: str, read: Normalised) -> bool:
    return True


def _sound(raw: str, read: Normalised) -> bool:
    """Nothing else in the text says what it is, so the check digit must."""
    return not read.warnings


def _has_digit(raw: str, read: Normalised) -> bool:
    return any(char.isdigit() for char in read.value)


def _vehicle(raw: str, read: Normalised) -> bool:
    return not read.warnings and sum(char.isdigit() for char in raw) > 4 and not raw.isdigit()


@dataclass(frozen=True, slots=True)
class Row:
    kind: str
    pattern: re.Pattern[str]
    confidence: float
    check: Check = _always
    country: str | None = None


_LABEL = r"(?i: ?(?:no|nr|num|number|número|id)\b\.?)?(?: (?:is|was|of|es))?[ :#]{1,3}"
_TLDS = "com|net|org|info|biz|online|site|shop|xyz|app|io|co|me|tv|cc|ru|ua|mx|gt|br|uk|de|fr|es|it|nl|ro|pl|eu|us|onion"
_SERVICES = "instagram|insta|IG|telegram|tiktok|snapchat|facebook|FB|twitter|onlyfans|whatsapp|discord|kik|wechat|viber|skype|wickr"
_PLATE = r"(?P<raw>[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,5}){1,2})(?![A-Za-z0-9])"

ROWS: tuple[Row, ...] = (
    Row("email", re.compile(r"(?<![\w.%+-])[A-Za-z0-9][\w.%+-]{0,63}(?:@| ?[\[(]at[\])] ?)[A-Za-z0-9-]{1,63}"
                            r"(?:(?:\.| ?[\[(]dot[\])] ?)[A-Za-z0-9-]{1,63}){1,6}", re.A), 0.95),
    Row("url", re.compile(r"(?<![\w@])(?:https?|hxxps?|ftp)://[^\s<>\"']{3,1500}", re.I), 0.97),
    Row("url", re.compile(rf"(?<![\w@./-])(?:www\.)?[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{0,4}}\.(?:{_TLDS})"
                          r"(?![\w@-]|\.\w)(?:/[^\s<>\"']{0,1500})?", re.A), 0.85),
    Row("handle", re.compile(r"(?<![\w@./])@[A-Za-z0-9_](?:[\w.]{0,28}\w)", re.A), 0.7),
    Row("iban", re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"), 0.95, _sound),
    Row("iban", re.compile(r"\bIBAN[ :#]{1,3}(?P<raw>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8})(?![A-Za-z0-9])"), 0.8),
    Row("card", re.compile(r"(?<![\w.+-])\d{4}(?:[ -]?\d{4}){2}(?:[ -]?\d{1,7})(?![\w-])"), 0.9,
        lambda raw, read: not read.warnings and read.value != "other"),
    Row("card", re.compile(r"(?<![\w.+-])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![\w-])"), 0.9, _sound),
    Row("vin", re.compile(r"\bVIN\b" + _LABEL + r"(?P<raw>[A-Za-z0-9]{11,17})(?!\w)", re.I), 0.9, _has_digit),
    Row("vin", re.compile(r"(?<!\w)[A-HJ-NPR-Z0-9]{17}(?!\w)"), 0.85, _vehicle),
    Row("imei", re.compile(r"\bIMEI\b" + _LABEL + r"(?P<raw>\d[\d -]{12,20}\d)(?!\w)", re.I), 0.95),
    Row("imei", re.compile(r"(?<![\w.+-])\d{2}-?\d{6}-?\d{6}-?\d(?![\w-])"), 0.6, _sound),
    Row("plate", re.compile(r"\b(?i:(?:licen[cs]e|number|registration) plates?|plates?|registration|licen[cs]e tags?|reg|"
                            r"matr[ií]cula|placas?|targa|Kennzeichen|immatriculation)(?i: (?:no|number|reading|is|was|with|"
                            r"of|de|registered)\b\.?){0,2}(?: (?P<state>[A-Z][a-z]+))?[ :,#]{1,3}" + _PLATE), 0.85, _has_digit),
    Row("plate", re.compile(r"\b(?P<state>[A-Z][a-z]+) plates? " + _PLATE), 0.85, _has_digit),
    Row("plate", re.compile(r"(?<![\w-])[A-Z]{2}\d{2} [A-Z]{3}(?![\w-])"), 0.75, country="GB"),
    Row("passport", re.compile(r"\b(?i:passport|pasaporte|passeport)" + _LABEL + r"(?P<raw>[A-Z]{0,3}[ -]?\d[\dA-Z-]{4,11})(?!\w)"), 0.9),
    Row("national_id", re.compile(r"(?<![A-Z0-9])[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d(?![A-Z0-9])"), 0.95),
    Row("national_id", re.compile(r"\b(?i:SSN|social security|CURP|c[eé]dula|DNI|DPI|CPF|national id(?:entity)?|identity card|"
                                  r"A-number|alien(?: registration)?|PESEL|CNP|NIE|RFC)(?i: card)?" + _LABEL +
                                  r"(?P<raw>[A-Z]{0,4}[ -]?\d[\dA-Z]{0,17}(?:[ .-]\d[\dA-Z]{0,10}){0,4})(?!\w)"), 0.9),
    Row("national_id", re.compile(r"(?<![\w.-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"), 0.75, country="US"),
    Row("wallet", re.compile(r"(?<![A-Za-z0-9])(?:0x[0-9a-fA-F]{40}|(?:bc|ltc)1[02-9ac-hj-np-z]{11,71}|BC1[02-9AC-HJ-NP-Z]{11,71}|"
                             r"[13LMTDX][1-9A-HJ-NP-Za-km-z]{25,34}|t[13][1-9A-HJ-NP-Za-km-z]{33}|"
                             r"[48][1-9A-HJ-NP-Za-km-z]{94})(?![A-Za-z0-9])"), 0.95, _sound),
    Row("wallet", re.compile(r"\b(?:wallet|bitcoin|btc|address|usdt|ethereum)(?: address)?" + _LABEL + r"(?P<raw>[13LMTDX]"
                             r"[1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{11,71})(?![A-Za-z0-9])", re.I), 0.7),
    Row("ip", re.compile(r"(?<![\w.])(?:\d{1,3}(?:\.|\[\.\])){3}\d{1,3}(?![\w.]?\d|\w)"), 0.85),
    Row("ip", re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:{1,2}){2,7}[0-9A-Fa-f]{1,4}(?![\w:])"), 0.8,
        lambda raw, read: "::" in raw or raw.count(":") == 7),
    Row("docket", re.compile(r"(?<![\w:-])(?:\d{1,2}[:-] ?)?(?:\d{2})?\d{2}[ -]?(?:cr|cv|mj|mc)[ -]{0,2}\d{2,6}"
                             r"(?:-[A-Z]{2,4}| \([A-Z]{2,4}\)){0,3}(?!\w)", re.I), 0.9),
    Row("imo", re.compile(r"\bIMO" + _LABEL + r"(?P<raw>\d{7})(?!\d)"), 0.95),
    Row("mmsi", re.compile(r"\bMMSI" + _LABEL + r"(?P<raw>\d{9})(?!\d)"), 0.95),
)  # fmt: skip
_NAMED_HANDLE = re.compile(
    rf"(?<!\w)(?P<service>{_SERVICES})(?P<word> (?:account|handle|username|user|profile|page|id|name))?(?: is| was)?"
    r"(?P<sign>[ ]?[:=][ ]?@?|[ ]@|[ ])(?P<name>[A-Za-z0-9_](?:[\w.]{1,28}\w))(?![\w@])",
    re.IGNORECASE | re.ASCII,
)
_ZONE = re.compile(
    r"(?<![A-Z0-9<])[A-Z][A-Z0-9<](?=[A-Z0-9<]{3,42}<)[A-Z0-9<]{28,42}(?:[\n ]{1,3}[A-Z0-9<]{30,44}){1,2}(?![A-Z0-9<])"
)
_ISSUER = re.compile(r"([^\W\d_]+(?: [^\W\d_]+)?) \Z")


def find_selectors(text: str, country: str) -> Iterator[Finding]:
    for row in ROWS:
        if row.country in {None, country}:
            for match in row.pattern.finditer(text):
                yield from _found(text, row, match, country)
    yield from _named_handles(text)
    yield from _zones(text)


def _found(text: str, row: Row, match: re.Match[str], country: str) -> Iterator[Finding]:
    group = "raw" if "raw" in row.pattern.groupindex else 0
    raw, start = match[group], match.start(group)
    if row.kind == "url":
        raw = _without_closing(raw)
    kind, issuer = row.kind, _issuer(text, match, row.kind, country)
    if kind == "url" and handle.split_handle(raw.lower())[0]:
        kind = "handle"
    read = _read(kind, raw, issuer) or (_read("url", raw, None) if kind == "handle" else None)
    if read and row.check(raw, read):
        kind = "url" if kind == "handle" and ":" not in read.value and "@" not in read.value else kind
        note = " ".join(read.warnings)
        fields = {"country": read.country} if read.country else {}
        yield Finding(
            kind, start, start + len(raw), raw, read.value, read.display, row.confidence, note, fields
        )


def _read(kind: str, raw: str, country: str | None) -> Normalised | None:
    try:
        return normalise(kind, raw, country=country)
    except NotAnIdentifier:
        return None


def _without_closing(raw: str) -> str:
    raw = raw.rstrip(".,;:!?'\"*_")
    while raw.endswith((")", "]")) and raw.count("(") + raw.count("[") < raw.count(")") + raw.count("]"):
        raw = raw[:-1].rstrip(".,;:!?")
    return raw


def _issuer(text: str, match: re.Match[str], kind: str, country: str) -> str | None:
    """Who issued a document or plate: only what the text says ("Mexican passport"), for plates else the reader's."""
    if kind not in {"passport", "national_id", "plate"}:
        return None
    before = _ISSUER.search(text[max(0, match.start() - 40) : match.start()])
    words = [before[1], before[1].rpartition(" ")[2]] if before else []
    words.append(match.groupdict().get("state") or "")
    codes = [gazetteer.demonyms().get(fold(word)) or gazetteer.countries().get(fold(word)) for word in words]
    said = next(filter(None, codes), None)
    return said or (country if kind == "plate" else "US" if match[0][:3].upper() == "SSN" else None)


def _named_handles(text: str) -> Iterator[Finding]:
    for match in _NAMED_HANDLE.finditer(text):
        plain_word = match["sign"] == " " and not match["word"]
        read = None if plain_word else _read("handle", f"{match['service']}:{match['name']}", None)
        if read:
            yield Finding("handle", match.start(), match.end(), match[0], read.value, read.display, 0.9)


def _zones(text: str) -> Iterator[Finding]:
    for match in _ZONE.finditer(text):
        read = _read("mrz", match[0], None)
        if read is None:
            continue
        document = mrz.read(match[0])
        said = {"name": document.name.title(), "birth_date": document.birth_date, "nationality": document.nationality,
                "document_number": document.number, "sex": document.sex}  # fmt: skip
        fields = {key: value for key, value in said.items() if value}
        note = " ".join(read.warnings)
        yield Finding(
            "mrz", match.start(), match.end(), match[0], read.value, read.display, 0.97, note, fields
        )
