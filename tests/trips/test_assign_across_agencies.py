"""A supervisor gives another agency a part in a case, and takes it back: the other desk sees it come and go."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from agencies.models import Agency, User
from cases.models import Assignment
from tests import factories


def test_the_case_comes_with_the_assignment_and_goes_with_it(
    anna: User, bob: User, charlie: User, eastport: Agency, as_user: Any
) -> None:
    case = factories.case(anna, "Three addresses")
    hers, his, outsider = as_user(anna), as_user(bob), as_user(charlie)
    detail = reverse("cases:case-detail", args=[case.pk])
    assert his.get(detail).status_code == 404

    form = {"agency": str(eastport.pk), "part": "support", "reason": "Local knowledge"}
    preview = hers.post(reverse("cases:case-assign", args=[case.pk]), form)
    assert his.get(detail).status_code == 404, "nothing is shared before the effect was confirmed"
    assert "Eastport Prosecution" in preview.content.decode()
    hers.post(reverse("cases:case-assign", args=[case.pk]), {**form, "told": preview.context["told"]})

    assert "Three addresses" in his.get(detail).content.decode()
    assert "Three addresses" in his.get(reverse("cases:case-list")).content.decode()
    assert outsider.get(detail).status_code == 404

    assignment = Assignment.objects.get(agency=eastport)
    hers.post(reverse("cases:assignment-withdraw", args=[assignment.pk]), {"reason": "Done"})
    assert his.get(detail).status_code == 404
    assert "Three addresses" not in his.get(reverse("cases:case-list")).content.decode()
