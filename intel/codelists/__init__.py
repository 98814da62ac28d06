"""The code lists of intelligence: grades, handling codes, parts that people have."""

from pathlib import Path

from agencies.codelists import CodeLists

_lists = CodeLists(Path(__file__).parent)
codes, choices, label, define = _lists.codes, _lists.choices, _lists.label, _lists.define
