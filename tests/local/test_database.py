"""Commands run as if typed where they were typed: a file's name means what the person sees."""

import os
from pathlib import Path

import pytest

from taskforce.local import database


def test_a_file_given_to_a_command_is_looked_for_where_it_was_typed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pairs.csv").write_text("left,right\nIBM Corp.,IBM Corporation\n")
    typed_there = {**os.environ, "TASKFORCE_CALLED_FROM": str(tmp_path)}

    code = database.manage(["compare_names", "pairs.csv", "--out", "scores.csv"], typed_there)

    assert code == 0, capfd.readouterr().err
    assert "IBM Corporation" in (tmp_path / "scores.csv").read_text()
