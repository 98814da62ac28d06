"""Code lists: published codes with labels to show and a source for each value."""

from pathlib import Path

import pytest

from intel import codelists

FOLDER = Path(codelists.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.csv"))


@pytest.mark.parametrize("name", NAMES)
def test_every_value_has_a_label_and_a_source_and_its_list_is_explained(name: str) -> None:
    values = codelists.codes(name).values()
    assert len(values) > 1
    assert all(value.code and value.label and value.source for value in values)
    assert name in (FOLDER / "README.md").read_text()


def test_codes_keep_their_published_order() -> None:
    assert [code for code, _ in codelists.choices("grade_4x4_source")] == ["A", "B", "C", "X"]
    assert codelists.choices("tlp_2_0")[0] == ("TLP:RED", "TLP:RED")


def test_a_code_is_labelled_and_defined_and_an_unknown_one_stays_readable() -> None:
    assert codelists.label("person_role_in_case", "potential_victim") == "Potential victim"
    assert "permission" in codelists.define("handling_europol", "H2")
    assert codelists.label("handling_europol", "x_local") == "x_local"
    assert codelists.define("handling_europol", "x_local") == ""
