"""Invented things for the catalogue of components: no real person, place or number is meant."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace as Sample
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

SCREENS = {
    "catalogue": "catalogue.html",
    "desk": "screens/desk.html",
    "lead": "screens/lead_new.html",
    "hit": "screens/hit.html",
}

POLICE = Sample(name="Sample City Police", short_name="SCP", country="XA")
BORDER = Sample(name="Sample Border Guard", short_name="SBG", country="XB")
LABOUR = Sample(name="Sample Labour Inspectorate", short_name="SLI", country="XA")
SHELTER = Sample(name="Sample Shelter Network", short_name="Shelter", country="XC")
MONEY = Sample(name="Sample Money Intelligence Unit", short_name="MIU", country="XB")
OFFICER = Sample(name="Officer Sample", email="officer@sample.example", role="duty desk", agency=BORDER)


class SampleForm(forms.Form):
    title = forms.CharField(help_text="One line that a colleague would recognise.")
    place = forms.ChoiceField(
        choices=[("", "Choose"), ("a", "Sample Harbour"), ("b", "Sample Valley")], required=False
    )
    seen_on = forms.DateField(required=False, widget=forms.DateInput)
    amount = forms.DecimalField(required=False)
    story = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False, label="What happened")
    urgent = forms.BooleanField(
        required=False, label="Someone is in danger now", help_text="Rings the duty officer."
    )
    source = forms.ChoiceField(choices=[(x, x) for x in "ABCX"], widget=forms.RadioSelect, required=False)
    kinds = forms.MultipleChoiceField(
        choices=[("phone", "Telephone"), ("plate", "Number plate")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class SampleFilter(forms.Form):
    q = forms.CharField(label="Search leads", required=False)
    status = forms.MultipleChoiceField(
        choices=[("new", "New"), ("accepted", "Accepted"), ("rejected", "Rejected")],
        widget=forms.CheckboxSelectMultiple, required=False,
    )  # fmt: skip
    urgency = forms.ChoiceField(
        choices=[("", "Any"), ("high", "High"), ("normal", "Normal")],
        widget=forms.RadioSelect,
        required=False,
    )
    since = forms.DateField(required=False, widget=forms.DateInput, label="Logged since")


EVIDENCE = [
    {"label": "Telephone", "weight": 9.4,
     "sentence": "Both records carry the telephone number +00 555 0134, held by 2 of 1,204,331 records."},
    {"label": "Name", "weight": 3.1, "sentence": "“Sampel, Ana” and the other name sound alike, in another order."},
    {"label": "Nationality", "weight": 0.6, "sentence": "Both are recorded as nationals of XA, which is common here."},
    {"label": "Year of birth", "weight": -2.2, "sentence": "1994 here; the other record says at least three years later."},
    {"label": "Sex", "weight": 0.0, "sentence": "Not recorded on the other side: says nothing either way."},
]  # fmt: skip
THRESHOLDS = [("possible", 4.0), ("likely", 8.0), ("strong", 10.0)]
FOUND = [
    {"kind": "phone", "label": "Telephone", "value": "+005550134", "shown": "+00 555 0134", "known": "2 leads of yours",
     "checked": True},
    {"kind": "plate", "label": "Number plate", "value": "XA123SMP", "shown": "XA 123 SMP", "checked": True},
    {"kind": "iban", "label": "Bank account", "value": "XA00SAMPLE", "shown": "XA00 SAMP LE00",
     "warning": "check digits are wrong", "checked": False},
    {"kind": "name", "label": "Name", "value": "Ana Sampel", "shown": "Ana Sampel", "checked": False},
    {"kind": "place", "label": "Place", "value": "Sample Harbour", "shown": "Sample Harbour", "checked": True},
]  # fmt: skip


def context() -> dict[str, Any]:
    now = timezone.now()
    return {
        "now": now, "soon": now + dt.timedelta(hours=3), "later": now + dt.timedelta(days=3), "old": now - dt.timedelta(hours=5),
        "older": now - dt.timedelta(days=2, hours=4), "long_ago": now - dt.timedelta(days=40), "today": timezone.localdate(),
        "police": POLICE, "border": BORDER, "labour": LABOUR, "shelter": SHELTER, "money": MONEY, "officer": OFFICER,
        "me": Sample(name="Sam Investigator", email="sam@sample.example", agency=POLICE),
        "viewers": _viewers(now), "events": _events(now), "leads": _leads(now), "evidence": EVIDENCE,
        "thresholds": THRESHOLDS, "found": FOUND, "form": SampleForm(), "bad_form": SampleForm({"title": ""}),
        "filter_form": SampleFilter({"status": ["new"], "q": "harbour"}), "icons": _icons(),
        "crumbs": [("Leads", "#"), ("SCP-2041", "")], "steps": ["Asked", "Read", "Answered"],
        "tab_items": [("all", "All", "#", 14), ("hits", "Hits", "#", 4), ("leads", "Leads", "#", 5), ("tasks", "Tasks", "#", 2)],
    }  # fmt: skip


def _viewers(now: dt.datetime) -> list[Sample]:
    return [
        Sample(agency=POLICE, level="Owner", why="owns it", since=now - dt.timedelta(days=3), expires_at=None),
        Sample(agency=LABOUR, level="Contribute", why="joint inspection on Friday", since=now - dt.timedelta(days=2),
               expires_at=now + dt.timedelta(days=5)),
        Sample(agency=SHELTER, level="Summary", why="may offer beds", since=now - dt.timedelta(hours=5), expires_at=None),
    ]  # fmt: skip


def _events(now: dt.datetime) -> list[Sample]:
    return [
        Sample(by="Sample Border Guard", said="answered: contact only", at=now - dt.timedelta(minutes=12), tone="good",
               icon="phone", quote="Call before you visit the address."),
        Sample(by="Sam Investigator", said="asked for the full record", at=now - dt.timedelta(hours=5), tone="info",
               icon="send", quote=""),
        Sample(by="Matching", said="found this hit", at=now - dt.timedelta(hours=6), tone="", icon="git-compare-arrows",
               quote=""),
    ]  # fmt: skip


def _leads(now: dt.datetime) -> list[Sample]:
    titles = ["Workers without papers at a Sample Harbour cannery", "Sample caller reports a locked flat",
              "Advertisement reuses a known telephone number", "Van seen three nights running at Sample Valley"]  # fmt: skip
    return [
        Sample(reference=f"SCP-{2041 - n}", title=title, status=("new", "accepted", "new", "rejected")[n], hits=(2, 0, 11, 0)[n],
               urgency=("high", "normal", "urgent", "low")[n], handling=("H0", "H1 H2", "H2", "H0")[n], grade="B2",
               agency=(POLICE, LABOUR, BORDER, POLICE)[n], created_at=now - dt.timedelta(hours=n * 9, minutes=7))
        for n, title in enumerate(titles)
    ]  # fmt: skip


def _icons() -> list[str]:
    sprite = Path(settings.BASE_DIR, "static/icons/sprite.svg").read_text(encoding="utf-8")
    return re.findall(r'<symbol id="([^"]+)"', sprite)
