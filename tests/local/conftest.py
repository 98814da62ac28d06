"""A small installation of its own for each test that starts servers."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from taskforce.local.home import Home
from taskforce.local.postgres import Postgres


@contextmanager
def installation() -> Iterator[Home]:
    # Not tmp_path: pytest closes its folders to the account that PostgreSQL runs as under root.
    home = Home.open(Path(tempfile.mkdtemp(prefix="tf-", dir="/tmp")))
    yield home
    home.remove()


@pytest.fixture
def home() -> Iterator[Home]:
    with installation() as opened:
        yield opened


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """One running server for a module's tests; a test that stops it starts it again."""
    with installation() as home:
        server = Postgres(home, is_durable=False)
        server.start()
        yield server
        server.stop()
