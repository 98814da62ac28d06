"""Logging a lead and editing it: the page loses nothing, guesses well, and says plainly what is wrong."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import Agency, User
from agencies.visibility import Level, level_of
from intel.models import Identifier, Lead, LeadDraft, Subject
from tests import factories
from tests.intel.lead_form import chip_of, fields, row, typed

NEW = "/leads/new/"
TEXT = "A woman named Maria Gonzalez was seen on 12 March 2024 in Atlanta. Her telephone is (404) 555-0134."


@pytest.fixture
def web(alice: User, as_user: Any) -> Client:
    client: Client = as_user(alice)
    return client


def save(web: Client, sent: dict[str, Any]) -> Lead:
    answer = web.post(NEW, sent)
    assert answer.status_code == 302, answer.content.decode()
    return Lead.objects.get(pk=answer["Location"].split("/")[2])


def edit_url(lead: Lead) -> str:
    return reverse("intel:lead-edit", args=[lead.pk])


# --- The ten-second lead --------------------------------------------------------------------------------------


def test_a_pasted_text_is_all_it_takes(web: Client, alice: User) -> None:
    lead = save(web, typed(TEXT))
    assert lead.title == "A woman named Maria Gonzalez was seen on 12 March 2024 in Atlanta"
    assert (lead.logged_by, lead.status, lead.handling) == (alice, "new", ["H0"])
    assert [each.value for each in lead.identifiers.all()] == ["+14045550134"]
    assert [each.name for each in lead.subjects.all()] == ["Maria Gonzalez"]
    assert (lead.occurred_on, lead.place) == (date(2024, 3, 12), "Atlanta, Georgia")


def test_the_new_lead_takes_the_pointer_policy_of_its_agency(web: Client, northland: Agency) -> None:
    northland.pointer_policy = "liaison"
    northland.save()
    assert fields(web.get(NEW))["pointer_policy"] == ["liaison"]


def test_a_role_that_logs_no_leads_is_told_so(as_user: Any, nora: User) -> None:
    assert as_user(nora).get(NEW).status_code == 403
    assert as_user(nora).post(NEW, typed()).status_code == 403


@pytest.mark.parametrize(
    ("narrative", "title"),
    [
        ("Short", "Short"),
        ("First. Second.", "First. Second"),
        ("The first sentence ends here. The second does not matter.", "The first sentence ends here"),
        ("A heading line\nand what follows", "A heading line"),
        ("word " * 60, "word " * 18 + "word…"),
    ],
)
def test_the_first_sentence_becomes_the_title(web: Client, narrative: str, title: str) -> None:
    assert save(web, typed(narrative)).title == title


# --- Without JavaScript ---------------------------------------------------------------------------------------


def test_a_button_finds_identifiers_and_keeps_all_that_was_typed(web: Client) -> None:
    page = web.post(NEW, typed(TEXT, act="find", source="A caller", handling=["H1", "H2"], **row(name="Zoe")))
    sent = fields(page)
    assert (sent["narrative"], sent["source"], sent["handling"]) == ([TEXT], ["A caller"], ["H1", "H2"])
    assert sent["subjects-0-name"] == ["Zoe"]
    assert f"{chip_of(sent, '+1 404-555-0134')}-keep" in sent
    assert not Lead.objects.exists()


def test_a_dropped_chip_is_not_kept_and_a_corrected_one_is(web: Client) -> None:
    sent = fields(web.post(NEW, typed("Call (404) 555-0134 or (404) 555-0199.", act="find")))
    del sent[f"{chip_of(sent, '+1 404-555-0134')}-keep"]
    sent[f"{chip_of(sent, '+1 404-555-0199')}-raw"] = ["(404) 555-0188"]
    lead = save(web, sent | {"act": "save"})
    assert [each.value for each in lead.identifiers.all()] == ["+14045550188"]


def test_what_was_dropped_stays_dropped_while_the_text_grows(web: Client) -> None:
    sent = fields(web.post(NEW, typed("Call (404) 555-0134.", act="find")))
    del sent[f"{chip_of(sent, '+1 404-555-0134')}-keep"]
    sent = fields(
        web.post(NEW, sent | {"narrative": "Call (404) 555-0134. Plate: GA ABC1234.", "act": "find"})
    )
    assert f"{chip_of(sent, '+1 404-555-0134')}-keep" not in sent


def test_a_found_person_becomes_a_row_with_what_the_text_says(web: Client) -> None:
    text = "Jan Sample aka Johnny, 41, Polish, uses (404) 555-0134."
    sent = fields(web.post(NEW, typed(text, act="find")))
    person = chip_of(sent, "Jan Sample")
    sent[f"{chip_of(sent, '+1 404-555-0134')}-holder"] = [f"person-{sent[f'{person}-found'][0]}"]
    sent = fields(web.post(NEW, sent | {"act": f"detail-{person.rpartition('-')[2]}"}))
    assert (sent["subjects-0-name"], sent["subjects-0-aliases"]) == (["Jan Sample"], ["Johnny"])
    lead = save(web, sent | {"act": "save", "subjects-0-name": ["Jan Sample the elder"]})
    subject = lead.subjects.get()
    assert (subject.name, subject.aliases) == ("Jan Sample the elder", ["Johnny"])
    assert [each.value for each in subject.identifiers.all()] == ["+14045550134"]


def test_an_identifier_can_belong_to_a_found_person(web: Client) -> None:
    sent = fields(web.post(NEW, typed(TEXT, act="find")))
    maria = sent[f"{chip_of(sent, 'Maria Gonzalez')}-found"][0]
    sent[f"{chip_of(sent, '+1 404-555-0134')}-holder"] = [f"person-{maria}"]
    lead = save(web, sent | {"act": "save"})
    assert lead.identifiers.get().subject == lead.subjects.get()


def test_rows_of_subjects_come_and_go(web: Client) -> None:
    sent = fields(web.post(NEW, typed(act="add-subject", **row(name="Zoe"))))
    sent = fields(web.post(NEW, sent | {"subjects-1-name": ["Yan"], "act": "drop-0"}))
    assert "subjects-0-name" not in sent
    assert [each.name for each in save(web, sent | {"act": "save"}).subjects.all()] == ["Yan"]


def test_an_identifier_is_added_by_hand(web: Client) -> None:
    sent = fields(web.post(NEW, typed(act="add-identifier")))
    sent |= {"chips-0-kind": ["passport"], "chips-0-raw": ["AB 123456"], "act": "save"}
    assert [(each.kind, each.value) for each in save(web, sent).identifiers.all()] == [
        ("passport", "AB123456")
    ]


# --- Subjects ---------------------------------------------------------------------------------------------------


def test_a_subject_is_kept_with_all_that_is_known(web: Client) -> None:
    lead = save(web, typed(**row(
        name="Jan Sample", role="suspect", born="1994-02", aliases="Johnny, J. S.\nJan the Van", sex="male",
        nationalities="Polish, UA; Viet Nam", places="Atlanta, Georgia; Tijuana", note="Walks with a stick",
        identifiers="+48 601 234 567\npassport: AB 123456",
    )))  # fmt: skip
    subject = lead.subjects.get()
    assert (subject.birth_earliest, subject.birth_latest) == (date(1994, 2, 1), date(1994, 2, 28))
    assert subject.aliases == ["Johnny, J. S.", "Jan the Van"]
    assert subject.nationalities == ["PL", "UA", "VN"]
    assert subject.places == ["Atlanta, Georgia", "Tijuana"]
    assert {(i.kind, i.value) for i in subject.identifiers.all()} == {
        ("phone", "+48601234567"),
        ("passport", "AB123456"),
    }


@pytest.mark.parametrize(
    ("born", "earliest", "latest", "age"),
    [
        ("1994", date(1994, 1, 1), date(1994, 12, 31), None),
        ("1994-05-17", date(1994, 5, 17), date(1994, 5, 17), None),
        ("about 30", None, None, 30),
        ("30 years old", None, None, 30),
    ],
)
def test_birth_is_as_exact_as_it_is_known(
    web: Client, born: str, earliest: date | None, latest: date | None, age: int | None
) -> None:
    subject = save(web, typed(**row(name="Jan", born=born))).subjects.get()
    assert (subject.birth_earliest, subject.birth_latest, subject.age) == (earliest, latest, age)


def test_an_empty_row_is_no_subject(web: Client) -> None:
    assert not save(web, typed(**row(role="witness"))).subjects.exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"born": "in spring"}, "Write a year"),
        ({"born": "1994-02-30"}, "no such day"),
        ({"nationalities": "Atlantis"}, "no country known here"),
        ({"identifiers": "the blue one"}, "Write its kind before it"),
        ({"identifiers": "phone: abc"}, "“abc”"),
    ],
)
def test_what_cannot_be_read_is_said_and_kept(web: Client, wrong: dict[str, str], sentence: str) -> None:
    answer = web.post(NEW, typed(TEXT, **row(name="Jan", **wrong)))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    sent = fields(answer)
    assert sent["narrative"] == [TEXT]
    assert all(sent[f"subjects-0-{name}"] == [value] for name, value in wrong.items())


# --- Handling, grades, sharing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"handling": ["H3"]}, "H3 needs its condition"),
        ({"narrative": "  \0 "}, "One sentence is enough"),
        ({"narrative": "x" * 100_001}, "too long for one lead"),
        ({"occurred_on": "2999-01-01"}, "still to come"),
        ({"grade_source": "Q"}, "Select a valid choice"),
        ({"title": "x" * 201}, "at most 200"),
    ],
)
def test_errors_are_listed_with_links_to_their_fields(
    web: Client, sent: dict[str, Any], sentence: str
) -> None:
    answer = web.post(NEW, typed(**sent))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "error-summary" in answer.content.decode()
    assert not Lead.objects.exists()


def test_h3_with_its_condition_is_kept(web: Client) -> None:
    lead = save(web, typed(handling=["H2", "H3"], caveat="Ask before any contact", grade_source="B"))
    assert (lead.handling, lead.caveat, lead.grade_source) == (["H2", "H3"], "Ask before any contact", "B")


def test_a_lead_is_shared_from_its_first_second(
    web: Client, bob: User, charlie: User, eastport: Agency
) -> None:
    chosen = {f"share-{eastport.pk}": "1", "share-reason": "Joint operation"}
    assert "Eastport Prosecution (summary)" in web.post(NEW, typed(act="find") | chosen).content.decode()
    lead = save(web, typed() | chosen)
    assert (level_of(bob, lead), level_of(charlie, lead)) == (Level.SUMMARY, None)


def test_sharing_needs_a_reason(web: Client, eastport: Agency) -> None:
    answer = web.post(NEW, typed(**{f"share-{eastport.pk}": "2"}))
    assert answer.status_code == 422
    assert "Say why they need it" in answer.content.decode()
    assert fields(answer)[f"share-{eastport.pk}"] == ["2"]


def test_nothing_can_be_shared_with_an_agency_outside_the_task_force(web: Client, bob: User) -> None:
    stranger = factories.agency("Elsewhere", "ELS")
    lead = save(web, typed(**{f"share-{stranger.pk}": "2", "share-reason": "why not"}))
    assert level_of(factories.person("Eve", stranger, "investigator"), lead) is None


# --- Saved once -----------------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_makes_one_lead(web: Client) -> None:
    sent = typed()
    assert save(web, sent) == save(web, sent)
    assert Lead.objects.count() == 1


def test_a_refused_form_can_be_sent_again(web: Client) -> None:
    sent = typed(**row(name="Jan", born="never"))
    assert web.post(NEW, sent).status_code == 422
    assert save(web, sent | {"subjects-0-born": ""})


def test_the_same_form_of_two_people_makes_two(web: Client, anna: User, as_user: Any) -> None:
    sent = typed()
    save(web, sent)
    save(as_user(anna), sent)
    assert Lead.objects.count() == 2


def test_htmx_moves_the_whole_page_to_the_saved_lead(web: Client) -> None:
    answer = web.post(NEW, typed(), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("intel:lead-detail", args=[Lead.objects.get().pk])


def test_one_can_go_on_with_the_next_lead(web: Client) -> None:
    assert web.post(NEW, typed(act="save-another"))["Location"] == NEW
    assert Lead.objects.count() == 1


# --- Editing --------------------------------------------------------------------------------------------------


@pytest.fixture
def lead(alice: User) -> Lead:
    jan = factories.subject(
        "Jan Sample", aliases=("Sample, Jan",), birth_earliest=date(1994, 2, 1), birth_latest=date(1994, 2, 28),
        nationalities=("PL",), places=("Atlanta, Georgia",), phone="+48 601 234 567",
    )  # fmt: skip
    return factories.lead(
        alice, "The van", narrative=TEXT, phone="+1 404 555 0134", subjects=(jan,), handling=("H1",)
    )


def content(lead: Lead) -> Any:
    """Everything a person wrote in a lead."""
    names = (
        "title",
        "narrative",
        "handling",
        "place",
        "countries",
        "occurred_on",
        "reported_on",
        "basis",
        "caveat",
    )
    about = (
        "pk",
        "name",
        "aliases",
        "birth_earliest",
        "birth_latest",
        "nationalities",
        "places",
        "role",
        "note",
    )
    lead = Lead.objects.get(pk=lead.pk)
    return (
        [getattr(lead, name) for name in names],
        list(Subject.objects.filter(lead=lead).values(*about)),
        sorted(Identifier.objects.filter(lead=lead).values_list("kind", "value", "subject")),
    )


def test_saving_an_untouched_form_changes_nothing(web: Client, lead: Lead) -> None:
    before = content(lead)
    answer = web.post(edit_url(lead), fields(web.get(edit_url(lead))) | {"act": "save"})
    assert answer.status_code == 302
    assert content(lead) == before


def test_an_edit_replaces_what_was_changed(web: Client, lead: Lead) -> None:
    sent = fields(web.get(edit_url(lead))) | {"title": ["Another title"], "subjects-0-name": ["Jan Sampel"]}
    web.post(edit_url(lead), sent | {"act": "save"})
    lead.refresh_from_db()
    assert (lead.title, lead.subjects.get().name) == ("Another title", "Jan Sampel")


def test_two_edits_at_once_show_both_versions_and_lose_neither(
    web: Client, lead: Lead, anna: User, as_user: Any
) -> None:
    mine = fields(web.get(edit_url(lead))) | {"title": ["Mine"], "act": ["save"]}
    other = as_user(anna)
    other.post(edit_url(lead), fields(other.get(edit_url(lead))) | {"title": ["Theirs"], "act": ["save"]})

    answer = web.post(edit_url(lead), mine)
    assert answer.status_code == 409
    assert "Theirs" in answer.content.decode()
    again = fields(answer)
    assert again["title"] == ["Mine"]
    assert web.post(edit_url(lead), again | {"act": "save"}).status_code == 302
    lead.refresh_from_db()
    assert lead.title == "Mine"


def test_the_subjects_of_a_long_list_stay_as_they_are(web: Client, alice: User) -> None:
    entries = tuple(factories.subject(f"Entry {n}", phone=f"+1 404 555 {1000 + n}") for n in range(30))
    lead = factories.lead(alice, "A list", subjects=entries)
    before = content(lead)
    sent = fields(web.get(edit_url(lead)))
    assert "subjects-0-name" not in sent
    web.post(edit_url(lead), sent | {"title": ["A longer list"], "act": "save"})
    assert content(lead)[1:] == before[1:]
    assert content(lead)[0][0] == "A longer list"


def test_only_the_owner_edits(as_user: Any, lead: Lead, bob: User) -> None:
    assert as_user(bob).get(edit_url(lead)).status_code == 404
    assert as_user(bob).post(edit_url(lead), typed()).status_code == 404


# --- Hostile input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile",
    [
        {"token": "../../x"},
        {"chips-TOTAL_FORMS": "999999999", "subjects-TOTAL_FORMS": "-1"},
        {"chips-TOTAL_FORMS": "ten", "subjects-TOTAL_FORMS": ""},
        {"chips-TOTAL_FORMS": "1", "chips-0-kind": "date", "chips-0-found": "2026-99-99", "chips-0-raw": "x", "chips-0-keep": "on"},
        {"chips-TOTAL_FORMS": "1", "chips-0-kind": "country", "chips-0-raw": "x", "chips-0-keep": "on"},
        {"chips-TOTAL_FORMS": "1", "chips-0-kind": "person", "chips-0-found": "x", "chips-0-holder": "row-7", "chips-0-keep": "on"},
        {"chips-TOTAL_FORMS": "1", "chips-0-kind": "nonsense", "chips-0-raw": "x"},
        {"subjects-TOTAL_FORMS": "1", "subjects-0-kind": "person", "subjects-0-name": "x\0y"},
        {"version": "x", "lead": "y"},
        {"narrative": "٤٠٤ \u202e\u200b 😀 " * 50},
    ],
)  # fmt: skip
def test_rubbish_breaks_nothing(web: Client, hostile: dict[str, str]) -> None:
    assert web.post(NEW, typed(**hostile)).status_code in {302, 422}
    assert web.post(NEW, typed(**hostile) | {"act": "detail-0"}).status_code == 200
    assert web.post(NEW, typed(**hostile) | {"act": "drop-99"}).status_code == 200
    assert web.post("/leads/chips/", typed(**hostile)).status_code == 200


def test_markup_in_a_lead_stays_text(web: Client) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> (404) 555-0134"
    lead = save(
        web, typed(evil, title=evil, source=evil, place=evil, **row(name=evil, aliases=evil, note=evil))
    )
    for url in ("", "edit/", "subjects/", "cases/"):
        page = web.get(f"/leads/{lead.pk}/{url}").content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in web.get(f"/leads/{lead.pk}/").content.decode()


def test_a_subject_of_another_lead_cannot_be_taken_over(web: Client, lead: Lead, bob: User) -> None:
    foreign = factories.lead(bob, subjects=(factories.subject("Theirs"),)).subjects.get()
    sent = fields(web.get(edit_url(lead))) | {"subjects-0-pk": [str(foreign.pk)], "act": ["save"]}
    assert web.post(edit_url(lead), sent).status_code == 422
    assert Subject.objects.get(pk=foreign.pk).name == "Theirs"
    assert not LeadDraft.objects.exists()


def test_h0_gives_way_to_any_condition(web: Client) -> None:
    assert save(web, typed(handling=["H0", "H1", "H2"])).handling == ["H1", "H2"]
