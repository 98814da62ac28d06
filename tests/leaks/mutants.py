"""Small faults put into the permission code one at a time, where a test must then find each.

A mutant is one function with one thing changed: a filter dropped, an `or` for an `and`, a `>=` for a `>`, a condition
that always holds. It is put into the running function itself, so that whoever imported it has the mutant too.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    module: ModuleType
    function: str  # qualified name
    line: int
    text: str  # the line as it stands
    what: str
    tree: ast.FunctionDef

    def __str__(self) -> str:
        return f"{self.module.__name__}.{self.function}:{self.line} {self.what}"


def mutants_of(module: ModuleType, names: set[str]) -> Iterator[Mutant]:
    """Every mutant of these functions of a module."""
    source = inspect.getsource(module)
    for name, function in _functions(ast.parse(source)):
        if name in names:
            names.discard(name)
            yield from _each(module, name, function, source.splitlines())
    assert not names, f"no such function in {module.__name__}: {names}"


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, ast.FunctionDef)
            )


def _each(module: ModuleType, name: str, function: ast.FunctionDef, lines: list[str]) -> Iterator[Mutant]:
    for at, node in enumerate(ast.walk(function)):
        for what, change in _changes(node):
            mutated = copy.deepcopy(function)
            target = next(each for number, each in enumerate(ast.walk(mutated)) if number == at)
            change(target, mutated)
            line = getattr(node, "lineno", function.lineno)
            yield Mutant(module, name, line, lines[line - 1].strip(), what, mutated)


Change = Callable[[Any, ast.FunctionDef], None]


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    for kind, changes in _CHANGES.items():
        if isinstance(node, kind):
            yield from changes(node)


def _of_rules(node: ast.BinOp) -> Iterator[tuple[str, Change]]:
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        other = ast.BitOr if isinstance(node.op, ast.BitAnd) else ast.BitAnd
        yield "& for |" if other is ast.BitAnd else "| for &", lambda at, _: setattr(at, "op", other())
        yield "right side dropped", lambda at, root: _put(root, at, at.left)
        yield "left side dropped", lambda at, root: _put(root, at, at.right)


def _of_additions(node: ast.AugAssign) -> Iterator[tuple[str, Change]]:
    yield "statement dropped", lambda at, root: _put(root, at, ast.Pass())


def _of_conditions(node: ast.BoolOp) -> Iterator[tuple[str, Change]]:
    turned = ast.And if isinstance(node.op, ast.Or) else ast.Or
    yield "and/or turned", lambda at, _: setattr(at, "op", turned())
    for number in range(len(node.values)):
        yield f"operand {number + 1} dropped", lambda at, root, n=number: _without(root, at, n)  # type: ignore[misc]


def _without(root: ast.AST, at: ast.BoolOp, number: int) -> None:
    at.values.pop(number)
    if len(at.values) == 1:
        _put(root, at, at.values[0])


def _of_negations(node: ast.UnaryOp) -> Iterator[tuple[str, Change]]:
    if isinstance(node.op, ast.Not | ast.Invert):
        yield "not dropped", lambda at, root: _put(root, at, at.operand)


def _of_comparisons(node: ast.Compare) -> Iterator[tuple[str, Change]]:
    for number, was in enumerate(node.ops):
        swapped = _SWAPPED[type(was)]
        said = f"{swapped.__name__} for {type(was).__name__}"
        yield said, lambda at, _, n=number, op=swapped: at.ops.__setitem__(n, op())  # type: ignore[misc]


def _of_branches(node: ast.If) -> Iterator[tuple[str, Change]]:
    for value in (True, False):
        yield f"if {value}", lambda at, _, v=value: setattr(at, "test", ast.Constant(v))  # type: ignore[misc]


def _of_calls(node: ast.Call) -> Iterator[tuple[str, Change]]:
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in ("filter", "exclude"):
        return
    yield f"{node.func.attr} dropped", lambda at, root: _put(root, at, at.func.value)
    if len(node.keywords) > 1:
        for number, keyword in enumerate(node.keywords):
            yield f"condition {keyword.arg} dropped", lambda at, _, n=number: at.keywords.pop(n)  # type: ignore[misc]


_CHANGES: dict[type[ast.AST], Callable[[Any], Iterator[tuple[str, Change]]]] = {
    ast.BinOp: _of_rules, ast.AugAssign: _of_additions, ast.BoolOp: _of_conditions, ast.UnaryOp: _of_negations,
    ast.Compare: _of_comparisons, ast.If: _of_branches, ast.Call: _of_calls,
}  # fmt: skip


def _put(root: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for node in ast.walk(root):
        for name, value in ast.iter_fields(node):
            if value is old:
                setattr(node, name, new)
            elif isinstance(value, list) and any(each is old for each in value):
                value[[each is old for each in value].index(True)] = new


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The mutant in the place of the function, wherever it was imported to."""
    function = _function(mutant)
    mutant.tree.decorator_list = []
    names: dict[str, Any] = {}
    module = ast.fix_missing_locations(ast.Module([mutant.tree], []))
    exec(compile(module, f"<mutant {mutant}>", "exec"), vars(mutant.module), names)  # noqa: S102
    was = function.__code__
    function.__code__ = names[mutant.tree.name].__code__
    _forget_answers(mutant)
    try:
        yield
    finally:
        function.__code__ = was
        _forget_answers(mutant)


def _forget_answers(mutant: Mutant) -> None:
    """What a function remembers of its answers would hide the mutant, and outlive it."""
    kept = getattr(mutant.module, mutant.function.split(".")[0])
    if hasattr(kept, "cache_clear"):
        kept.cache_clear()


def _function(mutant: Mutant) -> FunctionType:
    found: Any = mutant.module
    for name in mutant.function.split("."):
        found = inspect.unwrap(getattr(found, name))
    assert isinstance(found, FunctionType)
    return found
