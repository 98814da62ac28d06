from __future__ import annotations

from typing import Any

import pycountry
from rest_framework import serializers

from agencies.models import PointerPolicy
from agencies.serializers import CodeField, StrictSerializer, TagsSerializer
from agencies.visibility import Level
from cases.models import Case
from intel.codelists import choices
from intel.facts import IdentifierFacts, LeadFacts, SubjectFacts
from intel.matching.identifiers import KINDS
from intel.models import Disclosure, Lead, Subject, Verdict

MOST_SUBJECTS = 200
MOST_IDENTIFIERS = 200
ASKED_LEVELS = {level.name.lower(): level for level in (Level.SUMMARY, Level.VIEW)}


class CountryField(serializers.CharField):
    """An ISO 3166-1 alpha-2 code."""

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data).upper()
        if len(code) != 2 or pycountry.countries.get(alpha_2=code) is None:
            raise serializers.ValidationError("Use the two letters of ISO 3166-1, for instance “MX”.")
        return code


class IdentifierFactsSerializer(StrictSerializer):
    kind = CodeField(choices=[(code, kind.label) for code, kind in KINDS.items()])
    raw = serializers.CharField(max_length=2_000, help_text="As written; it is normalised here.")
    country = CountryField(
        default=None, allow_null=True, help_text="Only where known. Phones default to your agency's country."
    )


class SubjectFactsSerializer(StrictSerializer):
    id = serializers.UUIDField(
        required=False,
        help_text="On an update: the subject that goes on. Without it the subject is a new one.",
    )
    kind = CodeField(choices=Subject.Kind.choices, default=Subject.Kind.PERSON)
    name = serializers.CharField(max_length=300, allow_blank=True, default="")
    aliases = serializers.ListField(child=serializers.CharField(max_length=300), max_length=50, default=list)
    birth_earliest = serializers.DateField(allow_null=True, default=None)
    birth_latest = serializers.DateField(allow_null=True, default=None)
    age = serializers.IntegerField(min_value=0, max_value=130, allow_null=True, default=None)
    sex = CodeField(choices=Subject.Sex.choices, allow_blank=True, default="")
    nationalities = serializers.ListField(child=CountryField(), max_length=20, default=list)
    places = serializers.ListField(child=serializers.CharField(max_length=200), max_length=50, default=list)
    role = CodeField(choices=choices("person_role_in_case"), allow_blank=True, default="")
    note = serializers.CharField(max_length=2_000, allow_blank=True, default="")
    identifiers: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=IdentifierFactsSerializer(), max_length=MOST_IDENTIFIERS, default=list
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        earliest, latest = attrs["birth_earliest"], attrs["birth_latest"]
        if earliest and latest and latest < earliest:
            raise serializers.ValidationError(
                {"birth_latest": ["This lies before the earliest date of birth."]}
            )
        return attrs


class LeadFactsSerializer(StrictSerializer):
    """A lead's content. Codes: `handling` and grades as Europol's, countries ISO 3166-1 alpha-2."""

    title = serializers.CharField(max_length=200)
    narrative = serializers.CharField(max_length=100_000)
    category = CodeField(choices=Case.Kind.choices, allow_blank=True, default="")
    source = serializers.CharField(  # type: ignore[assignment]  # our word; DRF has an attribute of that name
        max_length=500, allow_blank=True, default=""
    )
    grade_source = CodeField(choices=choices("grade_4x4_source"), default="X")
    grade_information = CodeField(choices=choices("grade_4x4_information"), default="4")
    handling = serializers.ListField(
        child=CodeField(choices=choices("handling_europol")), max_length=4, default=list
    )
    tags = TagsSerializer()
    caveat = serializers.CharField(max_length=500, allow_blank=True, default="")
    basis = CodeField(choices=Lead.Basis.choices, default=Lead.Basis.TIP)
    predicate = serializers.CharField(
        max_length=300,
        allow_blank=True,
        default="",
        help_text="The offence suspected; needed with “suspicion”.",
    )
    reported_on = serializers.DateField(allow_null=True, default=None, help_text="Today, if left out.")
    occurred_on = serializers.DateField(allow_null=True, default=None)
    place = serializers.CharField(max_length=200, allow_blank=True, default="")
    countries = serializers.ListField(child=CountryField(), max_length=50, default=list)
    pointer_policy = CodeField(
        choices=PointerPolicy.choices, required=False, help_text="Your agency's default, if left out."
    )
    identifiers: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=IdentifierFactsSerializer(), max_length=MOST_IDENTIFIERS, default=list
    )
    subjects: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=SubjectFactsSerializer(), max_length=MOST_SUBJECTS, default=list
    )


class LeadEditSerializer(LeadFactsSerializer):
    """The whole content anew, with the `version` of the lead as you last read it."""

    version = serializers.CharField(max_length=50)


def lead_facts(values: dict[str, Any], *, country: str, pointer_policy: str) -> LeadFacts:
    """Checked values as facts. `country` is the caller's, `pointer_policy` what holds where none is given."""
    content = {"pointer_policy": pointer_policy, **values}
    content["handling"] = tuple(dict.fromkeys(values["handling"]))
    content["countries"], content["tags"] = tuple(values["countries"]), tuple(values["tags"])
    content["identifiers"] = _identifiers(values["identifiers"], country)
    content["subjects"] = tuple(_subject(each, country) for each in values["subjects"])
    return LeadFacts(**content)


def _subject(values: dict[str, Any], country: str) -> SubjectFacts:
    content = {name: value for name, value in values.items() if name not in {"id", "identifiers"}}
    for name in ("aliases", "nationalities", "places"):
        content[name] = tuple(content[name])
    return SubjectFacts(
        pk=values.get("id"), identifiers=_identifiers(values["identifiers"], country), **content
    )


def _identifiers(values: list[dict[str, Any]], country: str) -> tuple[IdentifierFacts, ...]:
    return tuple(
        IdentifierFacts(
            each["kind"], each["raw"], each["country"] or (country if each["kind"] == "phone" else None)
        )
        for each in values
    )


class JudgementSerializer(StrictSerializer):
    verdict = CodeField(choices=Verdict.choices)
    reason = serializers.CharField(max_length=2_000)


class RequestSerializer(StrictSerializer):
    level = CodeField(choices=list(ASKED_LEVELS), default="view")
    purpose = serializers.CharField(max_length=2_000)
    deadline = serializers.DateTimeField()


class AnswerSerializer(StrictSerializer):
    """Full (at most at the level asked), contact only, or declined with a reason."""

    state = CodeField(
        choices=[Disclosure.State.FULL, Disclosure.State.CONTACT_ONLY, Disclosure.State.DECLINED]
    )
    answer = serializers.CharField(max_length=2_000, allow_blank=True, default="")
    level = CodeField(choices=list(ASKED_LEVELS), default="view")
    until = serializers.DateTimeField(allow_null=True, default=None, help_text="When the disclosure ends.")
