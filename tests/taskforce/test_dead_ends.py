"""An address that takes only a form, opened by hand, leads on instead of to an empty window."""

from typing import Any

from django.urls import reverse

from agencies.models import User


def test_a_forms_address_opened_like_a_page_says_what_it_is(alice: User, as_user: Any) -> None:
    answer = as_user(alice).get(reverse("agencies:share-many", args=["intel.lead"]))
    assert answer.status_code == 405
    assert "Go to your desk" in answer.content.decode()
    assert answer["Allow"] == "POST"
