"""A name written in its own script links with the way somebody else spelt it in Latin letters."""

import pytest

from intel.matching.blocking import keys
from intel.matching.evidence import CommonNames
from intel.matching.naming import other_readings
from intel.matching.normalise import Features, normalise
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.scoring import score


def person(name: str) -> Features:
    return normalise(Record(Kind.PERSON, name, births=(DateSpan.of_year(1980),)))


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("田中太郎", "Taro Tanaka"),
        ("佐藤 一郎", "SATO, Ichiro"),
        ("小林美咲", "Misaki Kobayashi"),
        ("渡邊 健", "Ken Watanabe"),
        ("たなか たろう", "Tanaka Taro"),
        ("王小明", "Wang Xiaoming"),
        ("王小明", "Xiao-Ming WONG"),
        ("김철수", "Kim Chul-soo"),
        ("이영희", "Lee Young-hee"),
        ("박 민준", "Park Min-jun"),
        ("محمد الحسن", "Mohammad Al-Hassan"),
        ("قاسم سليماني", "Qassem Soleimani"),
        ("خالد شيخ محمد", "Khalid Sheikh Mohammed"),
        ("יוסף כהן", "Yosef Cohen"),
        ("משה כהן", "Moshe Cohen"),
        ("Владимир Иванов", "Vladimir Ivanov"),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
        ("Nguyễn Văn Đức", "Nguyen Van Duc"),
    ],
)
def test_a_name_meets_its_romanised_spelling(written: str, spelt: str) -> None:
    one, other = person(written), person(spelt)
    assert len(keys(one) & keys(other)) >= 3  # sought by more than one way: a misprint leaves another
    found = score(one, other, CommonNames())
    assert found is not None
    assert next(each.bits for each in found.evidence if each.field == "names") > 0


@pytest.mark.parametrize(
    ("written", "another"),
    [
        ("田中太郎", "Hiroshi Suzuki"),
        ("鈴木 一郎", "田中太郎"),
        ("김철수", "Park Min-jun"),
        ("محمد الحسن", "Ahmad Khalid"),
        ("יוסף כהן", "David Levi"),
    ],
)
def test_other_readings_bring_no_strangers_together(written: str, another: str) -> None:
    assert score(person(written), person(another), CommonNames()) is None


@pytest.mark.parametrize("name", ["Jesús Peña", "Владимир Иванов", "株式会社 ABC", "", "ابو Mike"])
def test_only_scripts_that_leave_the_reading_to_the_reader_are_read_again(name: str) -> None:
    assert other_readings(name) == []
