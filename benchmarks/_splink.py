"""Splink beside ours, on the same rows: a short recipe and a strengthened one. Only where Splink is installed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

LOWEST = -20.0  # bits below which Splink's pairs are not fetched


@dataclass(frozen=True)
class Recipe:
    """Comparisons by column and what is blocked on; `taught` are the rules that EM learns within."""

    comparisons: dict[str, str]
    blocked: list[tuple[str, ...]]
    taught: list[tuple[str, ...]]
    known: list[tuple[str, ...]] = field(default_factory=list)
    recall: float = 0.6


RECIPES = {
    "fake_1000": {
        "short": Recipe(
            {"first_name": "name", "surname": "name", "dob": "date", "city": "exact", "email": "email"},
            [("first_name", "city"), ("surname",), ("dob",)],
            [("dob",), ("first_name", "surname")],
            [("first_name", "surname", "dob")],
        ),
        "tuned": Recipe(
            {"first_name": "name", "surname": "name", "dob": "date", "city": "name", "email": "email"},
            [("first_name",), ("surname",), ("dob",), ("email",), ("substr(dob,1,7)", "city"),
             ("substr(email,1,4)",), ("substr(first_name,1,3)", "substr(dob,1,4)"),
             ("substr(surname,1,3)", "substr(dob,1,4)"), ("substr(dob,6,5)", "city")],
            [("dob",), ("first_name", "surname"), ("email",)],
            [("first_name", "surname", "dob")],
        ),
    },
    "historical_50k": {
        "short": Recipe(
            {"first_name": "name", "surname": "name", "dob": "date", "postcode_fake": "postcode",
             "birth_place": "exact", "occupation": "exact"},
            [("first_name", "surname"), ("surname", "dob"), ("first_name", "dob"), ("postcode_fake", "first_name")],
            [("dob",), ("first_name", "surname")],
            [("first_name", "surname", "dob")],
        ),
        "tuned": Recipe(
            {"first_name": "name", "surname": "name", "full_name": "name", "dob": "date",
             "postcode_fake": "postcode", "birth_place": "name", "occupation": "exact", "gender": "exact"},
            [("first_name", "surname"), ("surname", "dob"), ("first_name", "dob"), ("postcode_fake",),
             ("surname", "birth_place"), ("substr(surname,1,4)", "substr(dob,1,4)"),
             ("dob", "birth_place"), ("dob", "substr(postcode_fake,1,4)"), ("full_name",),
             ("first_name", "birth_place", "occupation"), ("first_name", "substr(postcode_fake,1,4)")],
            [("dob",), ("first_name", "surname"), ("postcode_fake",)],
            [("first_name", "surname", "dob")],
        ),
    },
    "febrl3": {
        "tuned": Recipe(
            {"given_name": "name", "surname": "name", "date_of_birth": "exact", "soc_sec_id": "name",
             "address_1": "name", "suburb": "name", "postcode": "exact"},
            [("soc_sec_id",), ("given_name", "surname"), ("date_of_birth",), ("surname", "postcode"),
             ("given_name", "postcode"), ("address_1",), ("suburb", "substr(surname,1,3)")],
            [("soc_sec_id",), ("date_of_birth",)],
            [("soc_sec_id",)],
            recall=0.9,
        ),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Predicted:
    """Splink's pairs by the ids of their rows, and what they cost."""

    left: list[str]
    right: list[str]
    bits: npt.NDArray[np.float64]
    train_seconds: float
    match_seconds: float


def predict(rows: dict[str, list[str | None]], unique_id: str, recipe: Recipe) -> Predicted:
    """Raises ImportError without Splink."""
    import pyarrow
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    begun = time.process_time()
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(column, kind) for column, kind in recipe.comparisons.items()],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in recipe.blocked],
        unique_id_column_name=unique_id,
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI().register(pyarrow.table(rows)), settings, log_level=50)
    known = [block_on(*rule) for rule in recipe.known]
    linker.training.estimate_probability_two_random_records_match(known, recall=recipe.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in recipe.taught:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    trained = time.process_time()
    found: Any = linker.inference.predict(threshold_match_weight=LOWEST).as_record_list()
    matched = time.process_time()
    return Predicted(
        [str(pair[f"{unique_id}_l"]) for pair in found],
        [str(pair[f"{unique_id}_r"]) for pair in found],
        np.array([pair["match_weight"] for pair in found], np.float64),
        trained - begun,
        matched - trained,
    )


def _comparison(column: str, kind: str) -> Any:
    import splink.comparison_library as library

    made = {
        "name": lambda: library.JaroWinklerAtThresholds(column, [0.92, 0.85, 0.7]),
        "date": lambda: library.DateOfBirthComparison(column, input_is_string=True),
        "exact": lambda: library.ExactMatch(column),
        "email": lambda: library.EmailComparison(column),
        "postcode": lambda: library.PostcodeComparison(column),
    }[kind]()
    return made.configure(term_frequency_adjustments=True) if kind in {"name", "exact"} else made
