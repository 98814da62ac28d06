"""Where a page of a case stands: Cases > SCC-2041 > Tasks."""

from django import template
from django.urls import reverse

from cases.models import Case

register = template.Library()


@register.simple_tag
def case_trail(case: Case | None, here: str = "") -> list[tuple[str, str]]:
    """(label, url) of the way to a page of a case, for `{% page_header crumbs= %}`; the last one has no url.

    A summary carries no reference, so its page gives no case here.
    """
    trail = [("Cases", reverse("cases:case-list"))]
    if case:
        trail.append((case.reference, reverse("cases:case-detail", args=[case.pk]) if here else ""))
    return [*trail, (here, "")] if here else trail
