"""Does the reach that the database keeps (agencies/reach.py) say what ownership, grants and attachments say?

Worked out anew from those, by other statements than the triggers', and compared row by row.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from django.db import connection, transaction

from agencies.acting import as_system

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """A way in that is missing from the reach, or that is in it and should not be, which is a leak."""

    kind: str
    is_missing: bool
    agency_id: uuid.UUID
    row_id: uuid.UUID
    level: int

    def __str__(self) -> str:
        what = "lacks" if self.is_missing else "has wrongly"
        return f"{self.kind}: agency {self.agency_id} {what} {self.row_id} at level {self.level}"


# The first three columns of each say whose way to what; the rest, how and until when.
_GRANTED = """
    SELECT agency.id, given.content_object_id, array_position(ARRAY['view_summary', 'view', 'contribute'],
        left(permission.codename, -length('_{kind}'))), given.expires_at, given.id::bigint
    FROM {app}_{kind}grant AS given
    JOIN auth_permission AS permission ON permission.id = given.permission_id
    JOIN agencies_agency AS agency USING (group_id)
    WHERE permission.codename IN ('view_summary_{kind}', 'view_{kind}', 'contribute_{kind}')
"""
_CASE = f"""
    SELECT agency_id, id, 4, NULL::timestamptz, NULL::bigint FROM cases_case
    UNION ALL {_GRANTED.format(app="cases", kind="case")}
"""  # noqa: S608
_HELD_CASE = "SELECT agency_id, case_id, level::int, until, grant_id FROM cases_casereach"
# Only names of our own tables are put in, here and below.
_PART = f"""
    WITH cases (agency_id, case_id, level, until, grant_id) AS ({_CASE})
    SELECT agency_id, id, 4, NULL::timestamptz, NULL::bigint, NULL::uuid, NULL::uuid, NULL::bigint FROM intel_{{kind}}
    UNION ALL SELECT granted.*, NULL, NULL, NULL FROM ({_GRANTED.replace("{app}", "intel")}) AS granted
    UNION ALL
    SELECT cases.agency_id, tie.{{kind}}_id, CASE WHEN cases.level = 2 THEN 2 ELSE 3 END, cases.until, NULL,
        tie.case_id, tie.id, cases.grant_id
    FROM intel_case{{kind}} AS tie JOIN cases USING (case_id)
    WHERE cases.level <> 1 AND NOT tie.agency_private AND cases.agency_id <> tie.agency_id
        AND EXISTS (SELECT FROM intel_{{kind}} AS own WHERE own.id = tie.{{kind}}_id AND own.agency_id = tie.agency_id)
"""  # noqa: S608
_HELD_PART = """
    SELECT way.agency_id, way.{kind}_id, way.level::int, way.until, way.grant_id, way.case_id, way.case_{kind}_id,
        entry.grant_id
    FROM intel_{kind}reach AS way LEFT JOIN cases_casereach AS entry ON entry.id = way.case_reach_id
"""
_COMPARED = """
    (SELECT true, missing.* FROM (({due}) EXCEPT ALL ({held})) AS missing)
    UNION ALL (SELECT false, surplus.* FROM (({held}) EXCEPT ALL ({due})) AS surplus)
"""
_SIDES = {
    "case": (_CASE, _HELD_CASE),
    **{kind: (_PART.format(kind=kind), _HELD_PART.format(kind=kind)) for kind in ("lead", "subject")},
}


@as_system
def differences() -> list[Difference]:
    """Every way in that the reach lacks or has wrongly. There should be none, ever."""
    found = []
    with connection.cursor() as cursor:
        for kind, (due, held) in _SIDES.items():
            cursor.execute(_COMPARED.format(due=due, held=held))
            found += [Difference(kind, *row[:4]) for row in cursor.fetchall()]
    return found


def report() -> int:
    """Tell the operators when there is a difference; by number, for a log is not the place for more. Mends nothing."""
    found = differences()
    if found:
        wrongly = sum(not each.is_missing for each in found)
        log.error(
            "reach: %d ways in are missing and %d should not be there; run check_reach",
            len(found) - wrongly, wrongly,
        )  # fmt: skip
    return len(found)


# Filling the reach of cases lets the triggers fill what hangs on it.
_ANEW = """
    LOCK TABLE cases_case, cases_casegrant, intel_lead, intel_leadgrant, intel_subject, intel_subjectgrant,
        intel_caselead, intel_casesubject IN SHARE MODE;
    DELETE FROM intel_leadreach;
    DELETE FROM intel_subjectreach;
    DELETE FROM cases_casereach;
    INSERT INTO cases_casereach (agency_id, case_id, level, until, grant_id)
        SELECT case_ways.* FROM ({case}) AS case_ways;
    INSERT INTO intel_leadreach (agency_id, lead_id, level) SELECT agency_id, id, 4 FROM intel_lead;
    INSERT INTO intel_leadreach (agency_id, lead_id, level, until, grant_id) {lead};
    INSERT INTO intel_subjectreach (agency_id, subject_id, level) SELECT agency_id, id, 4 FROM intel_subject;
    INSERT INTO intel_subjectreach (agency_id, subject_id, level, until, grant_id) {subject};
"""


@transaction.atomic
def mend() -> None:
    """Write the reach anew. Only the owner of the tables may; nobody gives or takes meanwhile."""
    granted = {kind: _GRANTED.format(app="intel", kind=kind) for kind in ("lead", "subject")}
    with connection.cursor() as cursor:
        cursor.execute(_ANEW.format(case=_CASE, **granted))
