"""The permission code survives no mutant: whatever is broken in it, the leak tests see it.

Each mutant is met by what the matrix asks, never by a unit test of the same file: first the gate against the oracle for
a few people on every row, then operations on records that are not theirs to act on.
"""

from __future__ import annotations

import random

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from agencies import guards, passing, policies, reach, visibility
from cases import policies as case_policies
from intel import policies as intel_policies
from intel.models import Lead
from tests.leaks.matrix import Cell, Matrix
from tests.leaks.mutants import Mutant, mutants_of, planted
from tests.leaks.stage import Stage
from tests.leaks.test_matrix import gate_cells

pytestmark = [pytest.mark.django_db, pytest.mark.release]

GATE = [
    (
        visibility,
        {
            "VisibleQuerySet.visible_to",
            "VisibleQuerySet.with_level",
            "_rule",
            "_reach",
            "_granted",
            "_inherited",
            "_worked_out",
            "live",
        },
    ),
    (reach, {"ways_of", "highest", "_widest"}),
    (guards, {"kept_back", "shut", "_behind"}),
]
VERBS = [
    (policies, {"check_may", "check_owns", "check_contributes", "check_can_share", "check_can_revoke",
                "check_may_restrict", "check_can_answer_agreement", "check_administers"}),
    (passing, {"check_may_pass_on", "check_can_answer"}),
    (case_policies, {"check_can_move", "check_can_work", "check_can_assign", "check_can_withdraw"}),
    (intel_policies, {"check_can_edit", "check_can_triage", "check_can_judge", "check_can_answer", "protection_moves"}),
]  # fmt: skip
LOOKERS = ["E.supervisor", "N.analyst", "E.investigator", "N.supervisor", "E.service_account", "S.supervisor", "H.supervisor",
           "E.protection_officer", "N.victim_caseworker", "L.supervisor", "E.gone", "root"]  # fmt: skip

# What nobody can tell from the original: the line as it stands, what is changed in it, and why it says the same.
EQUIVALENT = {
    # The short form for a plain foreign key says the same as the long one; which is taken only matters for the time.
    ('if "__" not in guard.path and not guard.own_side:', what)
    for what in (
        "if False",
        "and/or turned",
        "operand 1 dropped",
        "operand 2 dropped",
        "In for NotIn",
        "not dropped",
    )
} | {
    # Every model says what its reading takes; one that did not would be refused by `may` as well.
    (
        "if agency is None or model.read_permission is None or not viewer.may(model.read_permission):",
        "operand 2 dropped",
    ),
    # The level by the ways that are kept ready is the level that is worked out; which is taken only matters for the time.
    ('if self.model.reach_model() and getattr(viewer, "sees_as", None):', "if False"),
    # Attachments alone say where they hold, and those are among the ways that are kept ready: here none is left to ask.
    (
        "parents = through.model().objects.visible_to(viewer, max(level, Level.VIEW)).filter(through.where)",
        "filter dropped",
    ),
    # The one reach without ways by a case is that of cases, whose own walls the gate asks as well.
    ("if not reach.by_case:", "if False"),
    # No role reads leads and not cases; the day one does, this is what keeps what it has by a case from it.
    ("if not viewer.may(Permission.READ_CASES):", "if False"),
    ("return ways.filter(case=None)", "filter dropped"),
    # Of a column that may be empty Django says by itself that what is empty stands in no list.
    (
        "return ways.filter(Q(case=None) | ~Q(case__in=shut(cases.admission_model(), viewer)))",
        "left side dropped",
    ),
}


def of_the_gate() -> list[Mutant]:
    return [mutant for module, names in GATE for mutant in mutants_of(module, set(names))]


def of_the_verbs() -> list[Mutant]:
    """Checks that never refuse any more."""
    found = (mutant for module, names in VERBS for mutant in mutants_of(module, set(names)))
    return [mutant for mutant in found if mutant.what == "if False"]


def gate_is_wrong(stage: Stage) -> bool:
    """Does anybody get another level than the oracle says? An error of the mutant is seen too."""
    try:
        with transaction.atomic():
            if Lead.objects.visible_to(AnonymousUser()).exists():
                return True
            return any(want != got for _, _, want, got in gate_cells(stage, LOOKERS))
    except Exception:  # noqa: BLE001 - whatever the mutant breaks
        return True


def survivors(stage: Stage, mutants: list[Mutant]) -> list[str]:
    """Those that nobody sees, but for the ones that say the same as the original."""
    alive = []
    for mutant in mutants:
        with planted(mutant):
            if (mutant.text, mutant.what) not in EQUIVALENT and not gate_is_wrong(stage):
                alive.append(str(mutant))
    return alive


def test_the_gate_without_a_mutant_is_right(stage: Stage) -> None:
    assert not gate_is_wrong(stage)


def test_a_few_mutants_of_the_gate_are_seen(stage: Stage, dice: random.Random) -> None:
    assert survivors(stage, dice.sample(of_the_gate(), 12)) == []


def test_no_mutant_of_the_gate_survives(stage: Stage) -> None:
    mutants = of_the_gate()
    assert len(mutants) > 50
    assert survivors(stage, mutants) == []


# --- Verbs --------------------------------------------------------------------------------------------------------------

ACTS = [
    ("post /sharing/<str:label>/<uuid:pk>/share/", "lead plain N"),
    ("post /sharing/<str:label>/<uuid:pk>/share/", "lead granted View"),
    ("post /sharing/<str:label>/<uuid:pk>/revoke/<uuid:agency_pk>/", "lead granted View"),
    ("post /sharing/<str:label>/<uuid:pk>/revoke/<uuid:agency_pk>/", "case assigned"),
    ("post /sharing/<str:label>/<uuid:pk>/people/", "lead granted View"),
    ("post /sharing/<str:label>/<uuid:pk>/people/", "task assigned N"),
    ("post /sharing/<str:label>/<uuid:pk>/pass-on/", "lead granted View"),
    ("post /sharing/<str:label>/<uuid:pk>/pass-on/", "lead in a case"),
    ("post /releases/<uuid:pk>/", "release"),
    ("post /agency/agreements/<uuid:pk>/answer/", "agreement proposed"),
    ("post /agency/agreements/<uuid:pk>/answer/", "agreement"),
    ("post /agency/people/<uuid:pk>/close/", "person E.investigator"),
    ("post /cases/<uuid:pk>/move/", "case assigned"),
    ("post /cases/<uuid:pk>/assign/", "case assigned"),
    ("post /cases/<uuid:pk>/notes/", "case granted View"),
    ("post /cases/<uuid:pk>/notes/", "case assigned"),
    ("post /cases/assignments/<uuid:pk>/withdraw/", "assignment assigned E"),
    ("post /cases/assignments/<uuid:pk>/withdraw/", "assignment assigned N"),
    ("put /api/v1/leads/<uuid:pk>/", "lead granted View"),
    ("put /api/v1/leads/<uuid:pk>/", "lead of the other, granted"),
    ("post /leads/<uuid:pk>/triage/", "lead plain E"),
    ("post /hits/<uuid:pk>/judge/", "notice matched E"),
    ("post /disclosures/<uuid:pk>/answer/", "disclosure"),
    ("post /linking/protected/<uuid:pk>/remove/", "protected asked"),
    ("post /linking/protected/<uuid:pk>/confirm/", "protected asked"),
]  # fmt: skip
ACTORS = ("N.supervisor", "E.supervisor", "E.analyst", "N.agency_administrator", "S.agency_administrator",
          "E.agency_administrator", "E.protection_officer", "E.service_account")  # fmt: skip


def verbs_are_wrong(matrix: Matrix) -> bool:
    cells = (Cell(who, operation, state) for operation, state in ACTS for who in ACTORS)
    try:
        return any(matrix.wrong(cell) for cell in cells)
    except Exception:  # noqa: BLE001 - whatever the mutant breaks
        return True


def unseen(matrix: Matrix, mutants: list[Mutant]) -> list[str]:
    alive = []
    for mutant in mutants:
        with planted(mutant):
            if not verbs_are_wrong(matrix):
                alive.append(str(mutant))
    return alive


def test_no_check_of_a_verb_can_be_taken_out_unseen(matrix: Matrix) -> None:
    assert not verbs_are_wrong(matrix)
    assert unseen(matrix, of_the_verbs()) == []


def test_the_checks_that_every_verb_asks_cannot_be_taken_out_unseen(matrix: Matrix) -> None:
    common = {"check_may", "check_owns", "check_contributes"}
    mutants = [each for each in of_the_verbs() if each.function in common]
    assert len(mutants) == 3
    assert unseen(matrix, mutants) == []
