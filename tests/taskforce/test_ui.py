"""The pieces of a page: what they say, and that they cannot be broken by what people type."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace as Sample
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.template import engines
from django.test import RequestFactory, override_settings
from django.utils import timezone

from agencies.models import User
from agencies.views.desk import WAITING
from taskforce.times import ago
from taskforce.waterfall import WIDTH, waterfall

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def show(source: str, query: str = "", **context: Any) -> str:
    request = RequestFactory().get(f"/leads/?{query}")
    return str(engines["django"].from_string("{% load ui %}" + source).render(context, request))


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (dt.timedelta(seconds=-20), "just now"),
        (dt.timedelta(minutes=-12), "12 min ago"),
        (dt.timedelta(hours=3, minutes=30), "in 3 h"),
        (dt.timedelta(days=-6, hours=-23), "6 d ago"),
        (dt.timedelta(days=-7), "15 Nov"),
        (dt.timedelta(days=-365), "22 Nov 2025"),
    ],
)
def test_a_time_is_said_as_a_colleague_would(away: dt.timedelta, said: str) -> None:
    assert ago(NOW + away, NOW) == said


def test_a_deadline_is_missed_only_when_its_day_is_over() -> None:
    today = timezone.localdate()
    assert "Due today" in show("{% due day %}", day=today).replace("\n", "")
    assert "Overdue" in show("{% due day %}", day=today - dt.timedelta(days=1))
    assert show("{% due day %}", day=None) == ""


def test_evidence_bars_join_end_to_end_and_add_up() -> None:
    chart = waterfall([("a", "", 6.0), ("b", "", -2.0), ("c", "", 0.0)], [("likely", 8.0)])
    first, second, third = chart.bars
    assert first.end == pytest.approx(WIDTH * 6 / 8)
    assert second.x + second.width == pytest.approx(first.end)
    assert chart.total.weight == 4.0
    assert chart.total.end == second.end == third.end
    assert chart.ticks == [("likely", WIDTH)]


def test_evidence_against_starts_left_of_zero() -> None:
    chart = waterfall([("a", "", -3.0), ("b", "", 2.0)])
    assert chart.zero > 0
    assert chart.bars[0].x == 0.0
    assert chart.total.tone == "against"


def test_what_people_type_is_text_never_markup() -> None:
    nasty = "<script>alert(1)</script>"
    who = Sample(name=nasty, short_name=nasty, country=nasty, email=nasty)
    pieces = (
        "{% agency who full=True %}{% person who %}{% badge who.name title=who.name %}{% identifier 'phone' who.name url=who.name %}"
        "{% page_header who.name ref=who.name %}{% endpage_header %}{% panel who.name %}{{ who.name }}{% endpanel %}"
        "{% pick_chip 'phone' who.name known=who.name %}{% sealed agency=who officer=who %}{% endsealed %}{% state who.name %}"
    )
    assert "<script" not in show(pieces, who=who)


def test_handling_explains_each_code_and_shows_the_caveat() -> None:
    page = show("{% handling codes caveat %}", codes=["H1", "H3"], caveat="Ask before naming the hotline")
    assert "Not to be used in court" in page
    assert "Ask before naming the hotline" in page


class Filter(forms.Form):
    q = forms.CharField(required=False)
    status = forms.MultipleChoiceField(
        choices=[("new", "New"), ("rejected", "Rejected")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


def test_each_active_filter_has_a_link_that_drops_it_alone_and_starts_at_the_first_page() -> None:
    page = show("{% filter_bar form %}", "status=new&status=rejected&q=van&after=xyz", form=Filter())
    assert 'href="?status=rejected&amp;q=van"' in page
    assert 'href="?status=new&amp;status=rejected"' in page


class Report(forms.Form):
    title = forms.CharField(help_text="One line")
    seen_on = forms.DateField(required=False)


def test_a_field_tells_screen_readers_its_help_and_its_error() -> None:
    page = show("{% form_fields form %}", form=Report({"title": ""}))
    assert 'aria-describedby="id_title_helptext id_title_error"' in page
    assert 'id="id_title_helptext"' in page
    assert 'id="id_title_error"' in page
    assert '<a href="#id_title">' in page


def test_a_date_uses_the_browsers_calendar() -> None:
    page = show("{% field form.seen_on %}", form=Report(initial={"seen_on": dt.date(2026, 3, 4)}))
    assert 'type="date"' in page
    assert 'value="2026-03-04"' in page


def test_a_count_stops_where_counting_stops() -> None:
    assert "1,000+ leads" in show("{% pager count=n noun='leads' %}", n=1_001)
    assert "1 entry" in show("{% pager count=1 noun='entries' %}")
    assert "999 leads" in show("{% pager count=n noun='leads' %}", n=999)


@pytest.mark.parametrize("screen", ["", "desk/", "lead/", "hit/"])
def test_the_catalogue_is_for_builders_alone_and_has_nothing_inline(
    alice: User, as_user: Any, screen: str
) -> None:
    browser = as_user(alice)
    assert browser.get(f"/components/{screen}").status_code == 404
    with override_settings(DEBUG=True):
        page = browser.get(f"/components/{screen}").content.decode()
    assert "Taskforce" in page
    for refused in (" style=", "<style", "onclick=", "hx-on", "javascript:"):
        assert refused not in page


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'id="([^"]+)"', (settings.BASE_DIR / "static/icons/sprite.svg").read_text()))
    named = re.compile(r'icon="([a-z0-9-]+)"|\{% icon "([a-z0-9-]+)"')
    pages = (settings.BASE_DIR / "templates").rglob("*.html")
    wanted = {name for page in pages for pair in named.findall(page.read_text()) for name in pair if name}
    assert {panel.icon for panel in WAITING} | wanted <= sprite
