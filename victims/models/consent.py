from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.references import ALPHABET, new_reference
from agencies.visibility import Shareable, VisibleQuerySet
from victims.models.victim import Victim

CODE_LENGTH = 12


class DataClass(models.TextChoices):
    """What may be passed on of a person, class by class."""

    AGE = "age_band", "Age band"
    LANGUAGES = "languages", "Languages"
    NEEDS = "needs", "All needs on record"
    URGENCY = "urgency", "Whether help is needed today"
    EXPLOITATION = "exploitation", "What was done to the person"
    RISK = "risk", "Risks to the person and to those who help"
    CONTACT = "contact", "How the caseworker hands over the contact"


class ConsentQuerySet(VisibleQuerySet["Consent"]):
    def in_force(self) -> ConsentQuerySet:
        """Those that cover something at this second."""
        return self.filter(withdrawn_at=None, expires_at__gt=timezone.now())

    def covering_identity(self, *, victim: Any, agency: Any) -> ConsentQuerySet:
        """Those in force on which people of `agency` may be told who `victim` is: to be in contact is to be known."""
        named = self.in_force().filter(victim=victim, recipients=agency)
        return named.filter(data_classes__contains=[DataClass.CONTACT])

    def outdated(self) -> ConsentQuerySet:
        return self.filter(withdrawn_at=None, ended_at=None, expires_at__lte=timezone.now())


class Consent(Shareable):
    """On what a person's data are passed on: their word, for purposes, to agencies, of classes of data, until a day.

    In imminent danger, for a short time and on record, without their word: then `reason` and `told` are filled.
    """

    class Basis(models.TextChoices):
        CONSENT = "consent", "Consent"
        DANGER = "danger", "Imminent danger, without consent"

    class Purpose(models.TextChoices):
        SERVICES = "services", "To be given help and services"
        PROTECTION = "protection", "To be protected from harm"
        IDENTIFICATION = "identification", "To be identified as a victim"
        RETURN = "return", "To prepare a return by choice"
        PROCEEDINGS = "proceedings", "To be supported in proceedings and compensation"

    class How(models.TextChoices):
        SIGNED = "signed", "Signed on the sheet"
        ORAL = "oral", "Said aloud before a witness"

    class GivenBy(models.TextChoices):
        PERSON = "person", "The person"
        GUARDIAN = "guardian", "A guardian, who is not suspected of anything"

    reference = models.CharField(max_length=9, default=new_reference, unique=True, editable=False)
    victim = models.ForeignKey(Victim, on_delete=models.CASCADE, related_name="consents")
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.CONSENT)
    purposes = ArrayField(models.CharField(max_length=20, choices=Purpose.choices))
    recipients = models.ManyToManyField(Agency, related_name="+")
    data_classes = ArrayField(models.CharField(max_length=20, choices=DataClass.choices))
    language = models.CharField(max_length=3, blank=True)
    interpreter = models.CharField(max_length=100, blank=True)
    how = models.CharField(max_length=10, choices=How.choices, blank=True)
    witness = models.CharField(max_length=100, blank=True)
    given_by = models.CharField(max_length=10, choices=GivenBy.choices, default=GivenBy.PERSON)
    taken_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    told = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    told_seen_at = models.DateTimeField(null=True)
    code_digest = models.CharField(max_length=64, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawal_seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # when what hung on it was taken back

    objects: ClassVar = ConsentQuerySet.as_manager()

    read_permission: ClassVar = Permission.REFER_VICTIMS
    private_history: ClassVar = True

    class Meta(Shareable.Meta):
        indexes = [models.Index(fields=["victim", "-created_at", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["code_digest"], condition=~Q(code_digest=""), name="one_consent_per_code"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_basis_display().lower()} {self.reference}"

    @property
    def code(self) -> str:
        """The code on the sheet, worked out from the server's key: no copy of the database holds it."""
        codes = [(key, _code(self.pk, key)) for key in _keys()]
        made = (code for key, code in codes if digest(code, key) == self.code_digest)
        return next(made, codes[0][1])

    @property
    def is_override(self) -> bool:
        return self.basis == self.Basis.DANGER

    @property
    def state(self) -> str:
        if self.withdrawn_at:
            return "withdrawn"
        return "active" if self.expires_at > timezone.now() else "expired"

    def get_state_display(self) -> str:
        return {"withdrawn": "Withdrawn", "active": "In force", "expired": "Expired"}[self.state]


def _keys() -> list[str]:
    """The server's key, and those before it: a sheet outlives a change of key."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _code(pk: uuid.UUID, key: str) -> str:
    number = int(salted_hmac("victims.consent", str(pk), secret=key, algorithm="sha256").hexdigest(), 16)
    letters = ""
    for _ in range(CODE_LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters += ALPHABET[letter]
    return "-".join(letters[at : at + 4] for at in range(0, CODE_LENGTH, 4))


def digest(code: str, key: str | None = None) -> str:
    """What is kept of a code: as it was typed, spaces and hyphens aside, misread letters forgiven."""
    letters = code.upper().translate(str.maketrans("ILO", "110"))
    plain = "".join(letter for letter in letters if letter in ALPHABET)
    return salted_hmac("victims.consent.code", plain, secret=key, algorithm="sha256").hexdigest()


def digests(code: str) -> list[str]:
    """What may be kept of a code, by which key it was ever made."""
    return [digest(code, key) for key in _keys()]
