"""Either lock taken away on purpose: the other must hold then; without both a hunt must find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from django.apps import apps
from django.db.models import IntegerField, Q, Value

from agencies import acting, visibility
from agencies.visibility import Level, Shareable


def everything(model: Any, viewer: Any, level: Any) -> Q:
    return Q(pk__isnull=False)


@contextmanager
def without_gate() -> Iterator[None]:
    """Every `visible_to` and `with_level` returns all rows, for everybody; nothing is kept from any person.

    Roles, verbs and their checks stay. What then still hides a row is not the gate.
    """
    with ExitStack() as stack:
        for name in ("_rule", "_reach"):
            stack.enter_context(mock.patch.object(visibility, name, everything))
        level = Value(int(Level.VIEW), output_field=IntegerField())
        stack.enter_context(mock.patch.object(visibility, "highest", return_value=level))
        for query_set in _own_gates():
            stack.enter_context(mock.patch.object(query_set, "visible_to", lambda rows, *_: rows.all()))
        yield


def _own_gates() -> set[type[Any]]:
    """The query sets of rows that are no Shareable and so answer for themselves who sees them."""
    return {
        query_set
        for model in apps.get_models()
        if not issubclass(model, Shareable)
        and hasattr(query_set := type(model._default_manager.all()), "visible_to")
    }


@contextmanager
def without_second_lock() -> Iterator[None]:
    """Whoever asks is shown all rows by the database."""
    with mock.patch.object(acting, "viewer", return_value=acting.SYSTEM):
        yield


@contextmanager
def without_either() -> Iterator[None]:
    with without_gate(), without_second_lock():
        yield
