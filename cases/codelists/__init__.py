"""The code lists of investigations: the elements of trafficking, what one state asks of another, countries."""

from pathlib import Path

from agencies.codelists import CodeLists

_lists = CodeLists(Path(__file__).parent)
codes, choices, label, define = _lists.codes, _lists.choices, _lists.label, _lists.define
