"""A small installation of its own for each test that starts servers."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskforce.local.home import Home
from taskforce.local.postgres import Postgres


@pytest.fixture
def home() -> Iterator[Home]:
    # Not tmp_path: pytest closes its folders to the account that PostgreSQL runs as under root.
    root = Path(tempfile.mkdtemp(prefix="tf-", dir="/tmp"))
    opened = Home.open(root)
    yield opened
    opened.remove()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def postgres(home: Home) -> Iterator[Postgres]:
    server = Postgres(home, is_durable=False)
    server.start()
    yield server
    server.stop()
