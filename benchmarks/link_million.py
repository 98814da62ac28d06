"""Matching in PostgreSQL as the office grows to a million subjects.

    ./run bench link_million [subjects ...] [--relink N] [--no-stream] [--keep]

Fills a throw-away database with synthetic subjects (10,000, then 100,000, then 1,000,000) and prints for each size:
time to load, keys and sizes of the tables; one new lead of one subject against all of them (p50, p95, p99 of
`engine.match`, and of seeking and scoring candidates alone), the share of planted variants it found; a re-link of all
or of N subjects. At the largest size leads arrive at 20 a second through the real verb and job, done by
two processes: saved -> notice on a desk. At the end the ratios of the sizes. Speed only: quality is measured on real data.
"""

from __future__ import annotations

import argparse
import os

import django
import psycopg
from django.core.management import call_command

DATABASE = "taskforce_link_million"
SIZES = [10_000, 100_000, 1_000_000]


def main(arguments: argparse.Namespace) -> None:
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    remake(owner)
    # The owner of the tables, for it switches indexes off while it fills them.
    os.environ["DATABASE_URL"] = f"{owner.rpartition('/')[0]}/{DATABASE}"
    os.environ["TASK_QUEUE"] = DATABASE
    django.setup()
    call_command("migrate", verbosity=0)
    from agencies import acting

    acting.be_the_system()
    from benchmarks._million import Bench  # needs the database

    try:
        Bench.begin().run(sorted(arguments.subjects), arguments.relink, stream=not arguments.no_stream)
    finally:
        if not arguments.keep:
            drop(owner)


def remake(server: str) -> None:
    drop(server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")


def drop(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskforce.settings")
    parser = argparse.ArgumentParser(description="Matching as the office grows to a million subjects.")
    parser.add_argument("subjects", nargs="*", type=int, default=SIZES)
    parser.add_argument(
        "--relink", type=int, default=20_000, help="subjects to link anew at each size; 0: all"
    )
    parser.add_argument("--no-stream", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the database for a look")
    main(parser.parse_args())
