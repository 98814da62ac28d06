"""Passwords that only look strong: a common one with a tail, or one piece written again and again.

No rule asks for digits or signs; they make people write `Password2026!`, which is refused here.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from agencies.models import User

LOOKALIKES = str.maketrans("@4301!$57", "aaeoiisst")
OWN_WORDS = ("taskforce", "crossroads", "trafficking", "investigator", "supervisor", "administrator")
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz")


class StrongPasswordValidator:
    """Refuses what a guesser tries first, whatever is put before, behind or in place of its letters."""

    def __init__(self) -> None:
        self.common: set[str] = CommonPasswordValidator().passwords

    def validate(self, password: str, user: User | None = None) -> None:
        words = {
            core
            for written in (password.lower(), password.lower().translate(LOOKALIKES))
            for core in cores(written)
        }
        agency = getattr(user, "agency", None)
        names = {name.lower() for name in (agency.name, agency.short_name)} if agency else set()
        if any(word in self.common or word in OWN_WORDS or word in names or _is_walk(word) for word in words):
            raise ValidationError(self.get_help_text(), code="password_too_guessable")

    def get_help_text(self) -> str:
        return (
            f"Take at least {settings.PASSWORD_LENGTH} characters that nobody would guess, for instance four words that"
            " do not belong together. A common password with digits or signs added is guessed at once."
        )


def cores(written: str) -> set[str]:
    """What is left of a password without what is added to satisfy rules, and the piece that it repeats."""
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", written)
    pieces = {repeat[1] for text in (written, bare) if (repeat := re.fullmatch(r"(.{1,8}?)\1+", text))}
    return {written, bare} - {""} | pieces


def _is_walk(word: str) -> bool:
    """Along a row of keys or of the alphabet, either way; a single piece that was repeated is one too."""
    return len(word) <= 3 or any(word in row * 2 or word in row[::-1] * 2 for row in ROWS)
