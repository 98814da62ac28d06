# ruff: noqa: INP001 (gunicorn reads it as a file)
"""How web processes run, on a laptop (`./run`) and in the office image alike. WEB_CONCURRENCY sets their number."""

import gc
from typing import Any

worker_class = "gthread"
threads = 4
timeout = 60
preload_app = True
control_socket_disable = True


def when_ready(_server: Any) -> None:
    """Load everything before the processes part, and keep the collector's hands off it: what stays
    untouched stays shared, 30 MB for each process."""
    from django.urls import get_resolver  # only now are the settings read

    list(get_resolver().url_patterns)
    gc.collect()
    gc.freeze()
