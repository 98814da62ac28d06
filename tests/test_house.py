"""The house keeps its size: the long files and functions that a code base decays into are refused."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST_FILE, LONGEST_FUNCTION = 500, 60


def sources() -> list[Path]:
    command = ["git", "ls-files", "*.py", "run"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [
        ROOT / name for name in names.stdout.split() if "/migrations/" not in name and (ROOT / name).exists()
    ]


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    assert [str(path) for path in sources() if len(path.read_text().splitlines()) > LONGEST_FILE] == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > LONGEST_FUNCTION
    ]
    assert long == []


def test_the_lock_file_names_the_public_index_alone() -> None:
    hosts = {
        line.split("/")[2]
        for line in (ROOT / "uv.lock").read_text().split('"')
        if line.startswith("https://")
    }
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
