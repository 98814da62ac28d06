"""State diagrams for the reference, drawn from the tables that the verbs obey."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cases.models import Operation
from cases.policies_operations import OPERATION_TRANSITIONS

_BLOCK = "<!-- states of {name}: drawn by ./run manage draw_states -->\n{drawing}<!-- end of {name} -->"


def draw(table: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> str:
    """A Mermaid state diagram: from the first state of the table, to those on which nothing follows."""
    lines = [f"    {code}: {labels[code]}" for code in table]
    lines += [f"    [*] --> {next(iter(table))}"]
    lines += [f"    {code} --> {after}" for code, following in table.items() for after in following]
    lines += [f"    {code} --> [*]" for code, following in table.items() if not following]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def drawings() -> dict[str, str]:
    labels = {str(code): str(label) for code, label in Operation.Status.choices}
    return {
        "operation": draw({str(k): [str(v) for v in of] for k, of in OPERATION_TRANSITIONS.items()}, labels)
    }


def redrawn(text: str) -> str:
    """A document with its drawings as the tables are now."""
    for name, drawing in drawings().items():
        block = re.escape(_BLOCK).replace(r"\{name\}", name).replace(r"\{drawing\}", ".*?")
        fresh = _BLOCK.format(name=name, drawing=drawing).replace("\\", r"\\")
        text = re.sub(block, fresh, text, flags=re.DOTALL)
    return text
