"""Whether the installation can keep victims' identities at all: asked at every start."""

from __future__ import annotations

from typing import Any

from django.core.checks import Error, register

from victims import sealing
from victims.keyring import KeyProblem


@register
def check_key_ring(**_asked: Any) -> list[Error]:
    try:
        sealing.ring()
    except KeyProblem as problem:
        return [Error(str(problem), id="victims.E001")]
    return []
