"""What people add to a case from its page: a lead, or a subject with its part in it."""

from __future__ import annotations

from django import forms

from intel import codelists


class AttachForm(forms.Form):
    lead = forms.UUIDField()
    private = forms.BooleanField(required=False, label="Only my agency sees that it feeds this case")


class AddSubjectForm(forms.Form):
    subject = forms.UUIDField()
    role = forms.ChoiceField(choices=[], error_messages={"required": "Say what part they have in the case."})
    private = forms.BooleanField(required=False, label="Only my agency sees this")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["role"].choices = [("", "Part in the case"), *codelists.choices("person_role_in_case")]  # type: ignore[attr-defined]
