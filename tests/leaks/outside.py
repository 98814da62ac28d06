"""What stands outside the database, where no gate is: log lines, the broker, temporary files."""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from django.conf import settings


@contextmanager
def all_that_is_said() -> Iterator[io.StringIO]:
    """Every log line of every logger, at every level."""
    said, root, level = io.StringIO(), logging.getLogger(), logging.getLogger().level
    handler, disabled = logging.StreamHandler(said), root.manager.disable
    logging.disable(logging.NOTSET)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        logging.disable(disabled)


def everything_in_redis() -> str:
    address = settings.CELERY_BROKER_URL.replace(
        "redis+socket://", "unix://"
    )  # Celery's word for a socket file
    held = redis.Redis.from_url(address, socket_timeout=5)
    found = []
    for key in held.scan_iter(count=1000):
        kind = held.type(key).decode()
        read = {"list": lambda k: held.lrange(k, 0, -1), "hash": held.hgetall, "string": held.get, "set": held.smembers,
                "zset": lambda k: held.zrange(k, 0, -1)}.get(kind)  # fmt: skip
        found.append(f"{key!r} {read(key) if read else ''}")
    return "\n".join(found)


def temporary_files() -> Iterator[Path]:
    """What lies directly in the directory for temporary files, and is ours to read."""
    for path in Path(tempfile.gettempdir()).glob("*"):
        if path.is_file() and path.stat().st_size < 5_000_000 and path.suffix in {"", ".tmp", ".upload"}:
            yield path
