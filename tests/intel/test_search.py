"""One box over everything visible: whatever the format or spelling, and nothing of what is hidden."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from agencies import actions
from agencies.models import Agency, User
from agencies.visibility import Level
from intel.models import Lead
from tests import factories


@pytest.fixture
def web(alice: User, as_user: Any) -> Client:
    client: Client = as_user(alice)
    return client


@pytest.fixture
def lead(alice: User) -> Lead:
    maria = factories.subject("María González", aliases=("La Güera",), phone="+48 601 234 567")
    yusuf = factories.subject("Юсуф Шевченко")
    return factories.lead(
        alice, "The cannery", narrative="A white van brings them at night. <b>Afraid</b>.", phone="+1 404 555 0134",
        subjects=(maria, yusuf),
    )  # fmt: skip


def search(web: Client, text: str, **more: str) -> dict[str, list[str]]:
    answer = web.get("/search/", {"q": text} | more)
    assert answer.status_code == 200
    return {group.key: [str(found.obj) for found in group.rows] for group in answer.context["groups"]}


@pytest.mark.parametrize(
    "text", ["(404) 555-0134", "404-555-0134", "+14045550134", "tel +1 404 555 0134 please"]
)
def test_an_identifier_is_found_in_any_format(web: Client, lead: Lead, text: str) -> None:
    assert search(web, text)["leads"] == ["The cannery"]


def test_the_identifier_of_a_subject_leads_to_both(web: Client, lead: Lead) -> None:
    assert search(web, "+48 601-234-567") == {"leads": ["The cannery"], "subjects": ["María González"]}


@pytest.mark.parametrize("text", ["maria gonzalez", "Gonzales Maria", "gonzalz", "la guera", "María"])
def test_a_name_is_found_however_spelt(web: Client, lead: Lead, text: str) -> None:
    assert search(web, text)["subjects"] == ["María González"]


@pytest.mark.parametrize("text", ["Shevchenko", "Шевченко", "yusuf shevchenko"])
def test_a_name_is_found_in_either_alphabet(web: Client, lead: Lead, text: str) -> None:
    assert search(web, text)["subjects"] == ["Юсуф Шевченко"]


def test_the_most_alike_name_comes_first(web: Client, alice: User) -> None:
    factories.lead(alice, subjects=(factories.subject("Samplee"), factories.subject("Sample")))
    assert search(web, "sample")["subjects"] == ["Sample", "Samplee"]


def test_words_are_found_with_their_operators(web: Client, lead: Lead, alice: User) -> None:
    factories.case(alice, "Van of the north", summary="Two blue ones.")
    assert search(web, '"white van"') == {"leads": ["The cannery"]}
    assert search(web, "van -white") == {"cases": ["Van of the north"]}
    assert search(web, "van") == {"leads": ["The cannery"], "cases": ["Van of the north"]}


def test_a_reference_is_found(web: Client, lead: Lead, alice: User) -> None:
    case = factories.case(alice, "The harbour")
    assert search(web, lead.reference.lower()) == {"leads": ["The cannery"]}
    assert search(web, case.reference.replace("-", " ")) == {"cases": ["The harbour"]}


def test_what_was_searched_is_marked_and_markup_is_not_markup(web: Client, lead: Lead) -> None:
    page = web.get("/search/", {"q": "afraid van"}).content.decode()
    assert "<mark>van</mark>" in page
    assert "&lt;b&gt;<mark>Afraid</mark>&lt;/b&gt;" in page


def test_an_outsider_gets_the_same_page_with_and_without_hidden_rows(
    as_user: Any, charlie: User, alice: User
) -> None:
    queries = ("cannery", "van", "maria gonzalez", "(404) 555-0134", "harbour")
    outsider = as_user(charlie)

    def pages() -> list[bytes]:
        return [
            outsider.get("/search/", {"q": text}, headers={"HX-Request": "true"}).content for text in queries
        ]

    before = pages()
    factories.lead(alice, "The cannery van", narrative="harbour", phone="+1 404 555 0134",
                   subjects=(factories.subject("Maria Gonzalez"),))  # fmt: skip
    factories.case(alice, "The harbour")
    assert pages() == before


def test_of_a_summary_only_the_title_is_searched(
    web: Client, bob: User, bea: User, northland: Agency
) -> None:
    lead = factories.lead(bob, "Eastport title", narrative="The secretword.", phone="+1 404 555 0134")
    actions.share(lead, agency=northland, level=Level.SUMMARY, reason="joint", by=bea)
    assert search(web, "eastport") == {"leads": ["Eastport title"]}
    for asked in ("secretword", "(404) 555-0134", lead.reference, "eastport -nosuchword"):
        assert search(web, asked) == {}
    assert lead.reference not in web.get("/search/", {"q": "eastport"}).content.decode()


def test_a_group_is_counted_and_opens_alone(web: Client, alice: User) -> None:
    for n in range(8):
        factories.lead(alice, f"Harbour {n}")
    groups = web.get("/search/", {"q": "harbour"}).context["groups"]
    assert [(len(group.rows), group.count_label) for group in groups] == [(5, "8")]
    assert len(search(web, "harbour", **{"in": "leads"})["leads"]) == 8


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "\0", "x" * 10_000, "(((", '"', "' OR 1=1 --", "%", "_", "\\", "& | ! <->", ":*", "<script>", "😀", "-", "a b " * 3_000],
)  # fmt: skip
def test_any_query_gets_an_answer(web: Client, lead: Lead, text: str) -> None:
    assert web.get("/search/", {"q": text}).status_code == 200
    assert (
        web.get("/search/", {"q": text, "in": "rubbish"}, headers={"HX-Request": "true"}).status_code == 200
    )


def test_nothing_found_says_what_to_do(web: Client) -> None:
    assert "Log what you have as a lead" in web.get("/search/", {"q": "nothing like it"}).content.decode()
