from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from agencies import acting
from agencies.models import Agency, TaskForce, User
from agencies.permissions import Role
from agencies.policies import Refused
from tests import factories
from victims import actions
from victims.models import Service
from victims.suggesting import suggest

ENTRY = {
    "kind": "shelter", "title": "Beds for women", "places": "Atlanta, Savannah", "languages": ["spa", "ukr"],
    "sexes": ["female"], "age_bands": ["18-20", "21-29"], "free_places": "3", "contact_desk": "desk@harbour.example",
}  # fmt: skip


@pytest.fixture
def paula(northland: Agency) -> User:
    return factories.person("Paula", northland, Role.PROTECTION_OFFICER)


def test_a_provider_lists_a_service_and_its_task_force_finds_it(
    nora: User, paula: User, as_user: Any
) -> None:
    answer = as_user(nora).post(reverse("victims:service-new"), ENTRY)
    service = Service.objects.get()
    assert answer["Location"] == reverse("victims:service-detail", args=[service.pk])
    for query in ("?place=savannah&kind=shelter", "?language=ukr&free=yes"):
        assert (
            "Beds for women" in as_user(paula).get(reverse("victims:service-list") + query).content.decode()
        )
    for query in ("?place=Boston", "?kind=legal"):
        assert (
            "No service fits" in as_user(paula).get(reverse("victims:service-list") + query).content.decode()
        )


def test_who_works_in_no_task_force_with_it_reads_nothing_of_it(nora: User, as_user: Any) -> None:
    service = factories.service(nora, title="Beds for women")
    far = factories.person("Faye", factories.agency("Far Office", "FO"), Role.PROTECTION_OFFICER)
    assert "Beds for women" not in as_user(far).get(reverse("victims:service-list")).content.decode()
    assert as_user(far).get(reverse("victims:service-detail", args=[service.pk])).status_code == 404
    with acting.on_behalf_of(acting.viewer(far)):
        assert not Service.objects.exists()
    with acting.on_behalf_of(acting.viewer(nora)):
        assert Service.objects.exists()


def test_the_lock_and_the_page_end_with_the_task_force(nora: User, paula: User) -> None:
    factories.service(nora)
    TaskForce.objects.update(starts_on=timezone.localdate() - timedelta(9), ends_on=timezone.localdate())
    assert Service.objects.listed_for(paula).exists()
    TaskForce.objects.update(ends_on=timezone.localdate() - timedelta(1))
    with acting.on_behalf_of(acting.viewer(paula)):
        assert not Service.objects.exists()
    assert not Service.objects.listed_for(paula).exists()


def test_only_its_own_caseworkers_change_an_entry_and_partners_verify_it(
    nora: User, paula: User, alice: User, as_user: Any
) -> None:
    service = factories.service(nora, free_places=3)
    Service.objects.update(verified_at=None, verified_by=None)
    with pytest.raises(Refused, match="another agency"):
        actions.update_places(service, free_places=9, by=paula)
    assert as_user(paula).get(reverse("victims:service-edit", args=[service.pk])).status_code == 404
    with pytest.raises(Refused):
        actions.verify_service(service, by=alice)
    as_user(paula).post(reverse("victims:service-verify", args=[service.pk]))
    as_user(nora).post(reverse("victims:service-places", args=[service.pk]), {"free_places": "0"})
    service.refresh_from_db()
    assert (service.free_places, service.verified_by) == (0, paula)


def test_an_address_is_refused_where_a_place_is_asked_for_and_nothing_typed_is_lost(
    nora: User, as_user: Any
) -> None:
    answer = as_user(nora).post(
        reverse("victims:service-new"), ENTRY | {"places": "Atlanta, 12 Harbour Street"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "looks like an address" in page
    assert "Beds for women" in page
    assert not Service.objects.exists()


def test_no_field_is_for_an_address() -> None:
    words = {word for field in Service._meta.get_fields() for word in field.name.split("_")}
    assert not words & {"address", "street", "location", "latitude", "longitude", "point", "geometry"}


def test_the_second_editor_overwrites_nothing(nora: User, as_user: Any) -> None:
    service = factories.service(nora)
    url = reverse("victims:service-edit", args=[service.pk])
    stale = as_user(nora).get(url).context["form"].initial["version"]
    as_user(nora).post(url, ENTRY | {"title": "First", "version": stale})
    answer = as_user(nora).post(url, ENTRY | {"title": "Second", "version": stale})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "First" in page
    assert "Second" in page


def test_a_suggestion_says_why_and_a_child_is_not_sent_to_adults(nora: User, paula: User) -> None:
    factories.service(nora, title="Near", places=["Atlanta"], languages=["ukr"], free_places=2)
    factories.service(nora, title="Full", places=["Atlanta"], languages=["ukr"], free_places=0)
    factories.service(nora, title="Far", places=["Boston"], languages=["eng"], free_places=9)
    factories.service(nora, title="Adults", age_bands=["21-29"])
    found = suggest(paula, need="shelter", age_band="9-17", languages=["ukr"], place="Atlanta")
    assert [each.service.title for each in found] == ["Near", "Full", "Far"]
    assert found[0].why == ["Gives safe accommodation", "Serves Atlanta", "Speaks Ukrainian", "2 free places"]
    assert found[2].but[1].startswith("Speaks none")
    unknown = suggest(paula, need="shelter", age_band="unknown")
    assert "Adults" not in [each.service.title for each in unknown]


def test_what_was_taken_out_is_offered_to_nobody_until_it_is_back(
    nora: User, paula: User, as_user: Any
) -> None:
    service = factories.service(nora)
    url = reverse("victims:service-withdraw", args=[service.pk])
    as_user(nora).post(url)
    assert suggest(paula, need="shelter") == []
    as_user(nora).post(url, {"act": "back"})
    assert len(suggest(paula, need="shelter")) == 1


def test_the_list_takes_as_many_queries_for_many_services(
    nora: User, as_user: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, url = as_user(nora), reverse("victims:service-list")
    factories.service(nora)
    client.get(url)
    with django_assert_num_queries(7) as few:
        client.get(url)
    for number in range(9):
        factories.service(nora, title=f"Service {number}")
    with django_assert_num_queries(len(few)):
        client.get(url)
