"""The data of `./run bench permissions`: leads, cases and subjects of sixty agencies, and who may have which.

Agencies are skewed on purpose, for plans differ: of a million leads the largest sees 38 %, the median 6 %, the smallest
three in ten thousand. All rows are written by SQL, the reach by its triggers as in an office.
"""

from __future__ import annotations

import math
import os
import time
from typing import Any

import psycopg

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.permissions import Role

AGENCIES = 60
LARGE, MEDIAN, TINY = 0, 30, AGENCIES - 1
SHARES = [
    0.38,
    *(0.055 * math.exp(1.3 * (29.5 - place) / 29.5) for place in range(1, AGENCIES - 1)),
    0.0003,
]
COMMON, RARE = "hotel", "zwaardvis"  # one report in twenty, and one in ten thousand

# One transaction each. :n is how many leads; what a lead is follows from its number alone.
LEADS = """
INSERT INTO intel_lead (id, created_at, updated_at, reference, kind, title, narrative, category, source, grade_source,
    grade_information, handling, caveat, basis, reported_on, place, countries, status, decision_reason, pointer_policy,
    agency_id, review_on, predicate, hold_reason)
SELECT md5('lead' || n)::uuid, now() - n * interval '90 seconds', now(), 'B' || lpad(to_hex(n), 8, '0'), 'report',
    'Report ' || n, concat_ws(' ', s.texts[1 + n %% 97], s.texts[1 + n * 7 %% 89], s.texts[1 + n * 13 %% 83],
    s.texts[1 + n * 17 %% 79], CASE WHEN n %% 20 = 3 THEN 'hotel' END, CASE WHEN n %% 10000 = 7 THEN 'zwaardvis' END),
    '', '', 'B', '2', '{}', '', 'tip', current_date, '', '{}',
    CASE WHEN n %% 1000 = 5 THEN 'rejected' WHEN n %% 10 = 1 THEN 'new' WHEN n %% 10 < 4 THEN 'assigned'
        ELSE 'accepted' END, '', 'named', o.agency_id, current_date + 365, '', ''
FROM generate_series(1, %(n)s) AS n
JOIN bench_agency o ON (hashint4(n) & 1048575) / 1048576.0 >= o.low AND (hashint4(n) & 1048575) / 1048576.0 < o.high
CROSS JOIN (SELECT array_agg((SELECT string_agg(md5((i * 31 + w * w) %% 4001 || 'w') :: char(7), ' ')
    FROM generate_series(1, 10) w)) AS texts FROM generate_series(1, 97) i) s
"""
CASES = """
INSERT INTO cases_case (id, created_at, updated_at, reference, title, kind, summary, status, priority, jurisdictions,
    agency_id, review_on, hold_reason)
SELECT md5('case' || n)::uuid, now() - n * interval '450 seconds', now(), 'C' || lpad(to_hex(n), 8, '0'), 'Case ' || n,
    'sex_trafficking', 'A case', CASE WHEN n %% 4 = 0 THEN 'closed' ELSE 'active' END, 2, '{}', o.agency_id, current_date + 365, ''
FROM generate_series(1, %(n)s / 5) AS n
JOIN bench_agency o ON (hashint4(-n) & 1048575) / 1048576.0 >= o.low AND (hashint4(-n) & 1048575) / 1048576.0 < o.high;
INSERT INTO cases_assignment (id, created_at, updated_at, part, reason, agency_id, case_id)
SELECT md5('part' || id)::uuid, now(), now(), 'lead', '', agency_id, id FROM cases_case;
INSERT INTO cases_task (id, created_at, updated_at, title, details, status, agency_private, agency_id, case_id, due_on)
SELECT md5('task' || id)::uuid, now(), now(), 'Task', '', 'open', false, agency_id, id, current_date - 3
FROM cases_case WHERE hashtext(id::text) %% 3 = 0
"""
SUBJECTS = """
INSERT INTO intel_subject (id, created_at, updated_at, kind, name, aliases, sex, nationalities, places, role, note,
    position, search_names, list_entry, agency_id, lead_id)
SELECT md5('subject' || id)::uuid, created_at, now(), 'person', name, '{}', '', '{}', '{}', '', '', 0, lower(name), '',
    agency_id, id
FROM (SELECT *, initcap(substr(md5(reference), 1, 6) || ' ' || substr(md5(title), 1, 7)) AS name FROM intel_lead) l
WHERE hashtext(id::text) %% 2 = 0
"""
# To agency number :a. The shared are spread by a hash over all leads, for what is shared is not the newest.
GIVEN = """
INSERT INTO {app}_{kind}grant (granted_at, reason, expires_at, onward, content_object_id, group_id, permission_id)
SELECT now(), 'joint work', CASE hashtext(k.id::text) %% 10 WHEN 0 THEN now() + interval '1 year'
    WHEN 1 THEN CASE WHEN hashtext(k.id::text) %% 7 = 0 THEN now() - interval '1 day' END END, false, k.id, a.group_id,
    p.id
FROM {app}_{kind} k CROSS JOIN bench_agency a JOIN auth_permission p ON p.codename =
    CASE WHEN hashtext(k.id::text) %% 7 = 3 THEN 'view_summary_{kind}' ELSE 'view_{kind}' END
WHERE a.place = %(place)s AND k.agency_id <> a.agency_id
    AND (hashtextextended(k.id::text, a.place) & 1048575) / 1048576.0 < a.share
"""
TIES = """
INSERT INTO intel_caselead (id, created_at, updated_at, agency_private, agency_id, case_id, lead_id)
SELECT md5('tie' || n)::uuid, now(), now(), n %% 3 = 0, l.agency_id, c.id, l.id
FROM generate_series(1, %(n)s, 10) AS n
JOIN intel_lead l ON l.id = md5('lead' || n)::uuid
JOIN cases_case c ON c.id = md5('case' || 1 + n %% (%(n)s / 5))::uuid
"""
# What partners' programs pull: the ledger of those agencies that are measured.
CHANGES = """
INSERT INTO agencies_change (agency_id, kind, object_id, withdrawn, txid, changed_at)
SELECT DISTINCT ON (r.lead_id) r.agency_id, 'intel.lead', r.lead_id, false, hashtext(r.lead_id::text) & 65535, now()
FROM intel_leadreach r JOIN bench_agency a USING (agency_id) WHERE a.place = %(place)s
"""
# Indexes and foreign keys of what is filled, but for those that the filling itself asks.
IN_THE_WAY = """
SELECT 0 AS last, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text IN ({tables})
UNION ALL
SELECT 1, format('DROP INDEX %I', i.indexname), i.indexdef
FROM pg_indexes i LEFT JOIN pg_constraint c ON c.conname = i.indexname
WHERE c.oid IS NULL AND i.tablename IN ({tables})
"""
FILLED = [
    "intel_lead",
    "intel_leadgrant",
    "intel_leadreach",
    "intel_subject",
    "intel_subjectreach",
    "agencies_change",
]


def build(leads: int) -> None:
    """Fill an empty database. The connection is the owner's: only it may drop an index and count anew."""
    agencies = [_agency(place) for place in range(AGENCIES)]
    agency_actions.found_task_force(name="Bench", members=agencies, by=None, liaison="Desk")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE bench_agency (place int, agency_id uuid, group_id int, share float, low float, high float)"
        )
        low, whole = 0.0, sum(SHARES)
        for place, (agency, share) in enumerate(zip(agencies, SHARES, strict=True)):
            high = low + share / whole
            owner.execute(
                "INSERT INTO bench_agency VALUES (%s, %s, %s, %s, %s, %s)",
                (place, agency.pk, agency.group_id, share - share / whole, low, high if place < TINY else 2),
            )
            low = high
        _fill(owner, leads)


def _fill(owner: Any, leads: int) -> None:
    tables = ", ".join(f"'{table}'" for table in FILLED)
    in_the_way = owner.execute(IN_THE_WAY.format(tables=tables) + "ORDER BY 1").fetchall()
    for _, drop, _ in in_the_way:
        owner.execute(drop)
    _run(owner, "leads", LEADS, n=leads)
    _run(owner, "cases", CASES, n=leads)
    _run(owner, "subjects", SUBJECTS, n=leads)
    owner.execute("ANALYZE")
    for place in range(AGENCIES):
        _run(owner, f"grants to agency {place}", GIVEN.format(app="intel", kind="lead"), place=place)
        _run(owner, "", GIVEN.format(app="cases", kind="case"), place=place)
    _run(owner, "attachments", TIES, n=leads)
    owner.execute("SET maintenance_work_mem = '256MB'")
    for _, _, create in reversed(in_the_way):
        _run(owner, "", create.replace("%", "%%"))
    for place in (LARGE, MEDIAN, TINY):
        _run(owner, "changes", CHANGES, place=place)
    owner.execute("VACUUM ANALYZE")


def _agency(place: int) -> Agency:
    agency = agency_actions.admit_agency(
        name=f"Bench agency {place}", short_name=f"B{place}", kind="police", country="US", by=None
    )
    for role in (Role.INVESTIGATOR, Role.SERVICE_ACCOUNT):
        User.objects.create(
            email=f"{role}@b{place}.example", name=f"{role} {place}", agency=agency, role=role
        )
    return agency


def _run(owner: Any, what: str, statements: str, **values: Any) -> None:
    began = time.perf_counter()
    rows = 0
    for statement in statements.split(";\n"):
        rows = owner.execute(statement.replace(":n", ""), {**values}).rowcount
    if what:
        print(f"  {rows:>9,} {what}: {time.perf_counter() - began:.0f} s", flush=True)
