"""Rebuild intel/matching/data/scripts from public name pairs (sources and licences: the README there).

    python -m benchmarks.build_script_tables FOLDER [--only cyrillic kana]

FOLDER holds `wd_<language>_64`, `wd_<language>_16` (Latin name, tab, signs with blanks between, tab, count) and
`ar2en-train.txt` (Arabic, tab, Latin). Names of benchmarks/data/cross_script_pairs.csv.gz are left out, so that the
benchmark stays unseen. Alignments and counts are learned in turn, the likeliest alignment only ("Viterbi training");
pairs that fit no better than any two names are dropped as mistakes of the source.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from pathlib import Path

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from benchmarks.cross_script import PAIRS, best_threshold
from intel.matching.scripts.agreeing import WORST, telling
from intel.matching.scripts.lattice import align, fit, lattice
from intel.matching.scripts.letters import Letters, counted
from intel.matching.scripts.signs import Script, Sign, readings, romanised, tidy
from intel.matching.scripts.tables import DATA, Counts, Table, contexts, known_signs

LANGUAGES = {
    Script.CYRILLIC: "russian", Script.ARABIC: "arabic", Script.HEBREW: "hebrew", Script.HANGUL: "korean",
    Script.KANA: "japanese", Script.HAN: "chinese",
}  # fmt: skip
ROUNDS = (4_000, 8_000, 12_000, 20_000, None)  # pairs aligned in each round; None: all
GENERAL_ROUNDS = 2  # the first rounds count signs without their neighbours
BETTER_THAN_CHANCE = 1.0  # natural-log units by which a pair must beat the background to be counted
CUSTOMARY = 3  # bearers from which a spelling is remembered as such
SLIP = 0.03  # of the commonest spelling
RAREST_CONTEXT = 3
RAREST_SPELLING = 1 / 5_000
FAMILY_NAME = 10.0  # what one customary spelling counts: family names are few and borne by many
BY_HAND = Path(__file__).parent / "data"
HELD_OUT = 16  # one source word in so many is kept for calibration
CALIBRATED_ON = 2_000
POOL = 10_000

Pair = tuple[str, str]
Aligned = tuple[tuple[Sign, ...], str]


def named_pairs(folder: Path, script: Script, unseen: frozenset[str]) -> Counter[Pair]:
    """(Foreign word, Latin letters) -> bearers, without the benchmark's words."""
    language = LANGUAGES[script]
    found: Counter[Pair] = Counter()
    for file in (f"wd_{language}_64", f"wd_{language}_16"):
        for latin, signs, bearers in _rows(folder / file):
            found[signs.replace(" ", ""), romanised(latin)] += int(bearers)
    if script is Script.ARABIC:
        for arabic, latin in _rows(folder / "ar2en-train.txt"):
            found[arabic, romanised(latin)] += 1
    return Counter({(w, latin): n for (w, latin), n in found.items() if latin and tidy(w) not in unseen})


def _rows(path: Path) -> Iterator[list[str]]:
    if path.exists():
        yield from (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())


def benchmark_words() -> frozenset[str]:
    with gzip.open(PAIRS, "rt", encoding="utf-8") as lines:
        return frozenset(tidy(row["left"]) for row in csv.DictReader(lines))


def held_out(word: str) -> bool:
    return zlib.crc32(tidy(word).encode()) % HELD_OUT == 0


def latin_pairs(pairs: Iterable[Pair]) -> list[Pair]:
    """Latin names that one foreign word stands for, both ways, and as many that are equal."""
    spelled: dict[str, set[str]] = defaultdict(set)
    for word, latin in pairs:
        spelled[word].add(latin)
    variants = [
        pair for names in spelled.values() if 1 < len(names) <= 6 for pair in permutations(sorted(names), 2)
    ]
    return variants + [(name, name) for name, _ in variants]


def seeds(signs: Iterable[Sign]) -> Counts:
    """Before anything is learned, a sign is spelled as anyascii spells it, or not at all."""
    counts: Counts = {}
    for sign in signs:
        spelled = romanised(sign.symbol)
        counts[sign.symbol] = {spelled: 3.0, "": 1.0, spelled[:1]: 1.0}
    return counts


def learn(script: Script, pairs: list[Pair], letters: Letters) -> Counts:
    items = [(signs, latin) for word, latin in pairs if (signs := reading_in(script, word))]
    random.Random(3).shuffle(items)
    counts = seeds({sign for signs, _ in items for sign in signs})
    for number, size in enumerate(ROUNDS):
        depth = 1 if number < GENERAL_ROUNDS else 3
        counts, kept = one_round(
            script, counts, items[:size], letters, depth, least=BETTER_THAN_CHANCE if number else -5
        )
        print(f"{script}: round {number + 1}, {kept} of {len(items[:size])} pairs fit", flush=True)
    return counts


def reading_in(script: Script, word: str) -> tuple[Sign, ...]:
    """The word's reading by one table; () when it is not wholly of that script."""
    for signs in readings(word):
        if all(
            sign.script is script or (script is Script.KANA and sign.script is Script.KANJI) for sign in signs
        ):
            return tuple(sign._replace(script=script) for sign in signs)
    return ()


def one_round(
    script: Script, counts: Counts, items: list[Aligned], letters: Letters, depth: int, least: float
) -> tuple[Counts, int]:
    """Align with what is known so far and count anew."""
    tables = {script: Table(counts)}
    tables.setdefault(Script.LATIN, Table({}))
    learned: dict[str, Counter[str]] = defaultdict(Counter)
    kept = 0
    for signs, latin in items:
        if known_signs(signs, tables) != signs:
            continue
        found = align(lattice(signs, tables), latin)
        if found is None or found[0] - letters.log_chance(latin) < least:
            continue
        kept += 1
        for at, chunk in enumerate(found[1]):
            for key in contexts(signs, at)[:depth]:
                learned[key][chunk] += 1
    return {key: dict(chunks) for key, chunks in learned.items()}, kept


def pruned(counts: Counts) -> Counts:
    """Without contexts too rare to say more than the general one, and without slips of the alignment."""
    kept: Counts = {}
    for key, chunks in counts.items():
        total = sum(chunks.values())
        if total >= RAREST_CONTEXT or not set("<>@") & set(key):
            kept[key] = {chunk: count for chunk, count in chunks.items() if count >= RAREST_SPELLING * total}
    return kept


def write(name: str, counts: Counts) -> None:
    lines = []
    for key, chunks in sorted(counts.items()):
        cells = " ".join(
            f"{chunk or '-'} {count:g}"
            for chunk, count in sorted(chunks.items(), key=lambda c: (-c[1], c[0]))
        )
        lines.append(f"{key}\t{cells}\n")
    with gzip.GzipFile(DATA / f"{name}.tsv.gz", "wb", mtime=0) as file:
        file.write("".join(lines).encode())
    print(f"{name}: {len(lines)} contexts, {(DATA / f'{name}.tsv.gz').stat().st_size // 1024} kB", flush=True)


def with_wrong_names(pairs: list[Pair]) -> list[tuple[str, str, bool]]:
    """Every pair, with the nearest wrong name and three random ones: as the benchmark is made."""
    random.Random(5).shuffle(pairs)
    pool = [latin for _, latin in pairs[:POOL]]
    rows = []
    for word, latin in pairs[:CALIBRATED_ON]:
        rows.append((word, latin, True))
        near = process.extract(romanised(word), pool, scorer=JaroWinkler.similarity, limit=4)
        wrong = [name for name, _, _ in near if name != latin][:1] + random.Random(latin).sample(pool, 3)
        rows += [(word, name, False) for name in wrong if name != latin]
    return rows


def calibrate(
    script: Script, pairs: list[Pair], tables: Mapping[Script, Table], letters: Letters
) -> list[float]:
    """Weights of a logistic regression, moved so that 0.5 is the threshold with the best F1.

    True pairs that fit worse than chance are slips of the source and would only flatten the slope.
    """
    facts, truths = [], []
    for word, latin, true in with_wrong_names(pairs):
        if signs := reading_in(script, word):
            found = max(fit(lattice(signs, tables), latin) - letters.log_chance(latin), WORST)
            facts.append(telling(found, latin, word))
            truths.append(float(true))
    columns, truth = np.array(facts), np.array(truths)
    kept = (truth == 0) | (columns[:, 1] > 0)
    weights = regression(columns[kept], truth[kept])
    best, threshold = best_threshold(list(zip((columns @ weights).tolist(), truths, strict=True)))
    weights[0] -= threshold
    print(f"{script}: F1 {best:.3f} on {int(truth.sum())} held-out names; weights {weights}", flush=True)
    return [round(float(weight), 4) for weight in weights]


def remember(script: Script, weights: list[float]) -> None:
    path = DATA / "calibration.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, script: weights}, indent=1, sort_keys=True) + "\n")


def regression(columns: np.ndarray, truth: np.ndarray, rounds: int = 30) -> np.ndarray:
    """Logistic regression by Newton's method, with a little ridge."""
    weights = np.zeros(columns.shape[1])
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-(columns @ weights)))
        slope = columns.T @ (truth - chance) - 0.01 * weights
        bend = (columns.T * (chance * (1 - chance))) @ columns + 0.01 * np.eye(len(weights))
        weights += np.linalg.solve(bend, slope)
    return weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", type=Script, default=[Script.LATIN, *LANGUAGES])
    options = parser.parse_args()
    unseen = benchmark_words()
    pairs = {script: named_pairs(options.folder, script, unseen) for script in LANGUAGES}
    write("customary", customary(pairs))
    everything = [pair for found in pairs.values() for pair in found]
    background = pruned(counted(sorted({latin for word, latin in everything if not held_out(word)})))
    write("letters", background)
    write(Script.KANJI, kanji())
    learned_from = {script: list(found) for script, found in pairs.items()}
    learned_from[Script.LATIN] = latin_pairs(everything)
    for script in options.only:
        started = time.monotonic()
        build(script, learned_from[script], Letters(background))
        print(f"{script}: {time.monotonic() - started:.0f} s", flush=True)


def with_family_names(script: Script, counts: Counts) -> Counts:
    """Add the customary spellings of family names (陳: Chen, Chan, Tan) to the most specific contexts."""
    tables = {script: Table(counts), Script.LATIN: Table({})}
    added = {key: dict(chunks) for key, chunks in counts.items()}
    for language, word, spelled in _rows(BY_HAND / "family_names.tsv"):
        signs = reading_in(script, word) if language == script else ()
        for latin in spelled.split(" ") if signs and known_signs(signs, tables) == signs else []:
            _, chunks = align(lattice(signs, tables), latin) or (0.0, [])
            for at, chunk in enumerate(chunks):
                context = added.setdefault(contexts(signs, at)[-1], {})
                context[chunk] = context.get(chunk, 0) + FAMILY_NAME
    return added


def customary(pairs: Mapping[Script, Counter[Pair]]) -> Counts:
    """Spellings of names that several people bear, and of family names; a slip of the source is met less often."""
    counts: Counts = defaultdict(dict)
    for found in pairs.values():
        for (word, latin), bearers in found.items():
            if bearers >= CUSTOMARY:
                counts[tidy(word)][latin] = counts[tidy(word)].get(latin, 0) + bearers
    for _, word, spelled in _rows(BY_HAND / "family_names.tsv"):
        for place, latin in enumerate(spelled.split(" "), 1):
            counts[word][latin] = counts[word].get(latin, 0) + FAMILY_NAME // place
    return {
        word: {latin: n for latin, n in spelled.items() if n >= SLIP * max(spelled.values())}
        for word, spelled in counts.items()
    }


def kanji() -> Counts:
    """Japanese readings by hand, the commonest first."""
    readings_by_hand = {
        character: cells.split(" ") for character, cells in _rows(BY_HAND / "kanji_readings.tsv")
    }
    return {
        character: {reading: float(max(1, 4 >> place)) for place, reading in enumerate(listed)}
        for character, listed in readings_by_hand.items()
    }


def build(script: Script, pairs: list[Pair], letters: Letters) -> None:
    counts = pruned(learn(script, [pair for pair in pairs if not held_out(pair[0])], letters))
    counts = with_family_names(script, counts)
    write(script, counts)
    if script in LANGUAGES:
        tables = {Script.LATIN: Table({}), script: Table(counts)}
        weights = calibrate(script, [pair for pair in pairs if held_out(pair[0])], tables, letters)
        remember(script, weights)
        if script is Script.KANA:
            remember(Script.KANJI, weights)


if __name__ == "__main__":
    main()
