"""Whoever holds the database, even as its owner, cannot rewrite the audit record unnoticed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from agencies import acting, chains, sealing
from agencies.audit import Act, AuditEvent, record, record_denial, record_looks
from agencies.chains import Signer
from agencies.models import Agency, AuditHead, AuditLink, AuditPending, User
from agencies.verifying import verify
from cases.models import Case
from tests import factories

EVENTS, LINKS, HEADS = "agencies_auditevent", "agencies_auditlink", "agencies_audithead"
TABLES = (EVENTS, LINKS, HEADS)


@pytest.fixture
def outside(tmp_path: Path, settings: Any) -> Path:
    """Where the key and the heads are: not in the database."""
    settings.AUDIT_SIGNING_KEY_FILE = str(tmp_path / "secrets" / "key")
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.jsonl")
    return tmp_path


@pytest.fixture
def case(alice: User) -> Case:
    return factories.case(alice, "Cannery")


@pytest.fixture
def sealed(outside: Path, case: Case, alice: User, bob: User, bea: User) -> Path:
    """Some days of two agencies, sealed in several goes."""
    for n in range(4):
        factories.lead(alice, f"Lead {n}")
        record_looks(Act.VIEWED, [case], by=bob, level="View", n=n)
        record_denial(by=bea, object_id=case.pk, route="cases:case-detail")
        sealing.seal()
    return outside


def faults() -> list[str]:
    return [sentence for _, sentence in verify().faults]


# --- What is sealed -------------------------------------------------------------------------------------------


def test_an_untouched_record_verifies(sealed: Path) -> None:
    report = verify()
    assert report.faults == []
    assert report.waiting == 0
    assert report.rows == AuditLink.objects.count() > AuditEvent.objects.count()


def test_an_event_waits_and_is_sealed_once_however_late_its_transaction_commits(
    outside: Path, case: Case, alice: User
) -> None:
    sealing.seal()
    first, late = record(Act.EDITED, case, by=alice), record(Act.EDITED, case, by=alice)
    AuditPending.objects.filter(pk=first.pk).delete()  # as if its transaction were still open
    sealing.seal()
    AuditPending.objects.create(event_id=first.pk)
    sealing.seal()
    assert sealing.seal() == 0
    order = (
        AuditLink.objects.filter(chain=alice.agency_id).order_by("-seq").values_list("event_id", flat=True)
    )
    assert list(order[:2]) == [first.pk, late.pk]
    assert faults() == []


def test_an_agencys_chain_is_what_it_did_and_who_looked_at_what_it_owns(
    sealed: Path, case: Case, northland: Agency, eastport: Agency, southshore: Agency
) -> None:
    def chain(agency: Agency) -> list[tuple[str, Any]]:
        ids = AuditLink.objects.filter(chain=agency.pk).order_by("seq").values_list("event_id", flat=True)
        events = AuditEvent.objects.in_bulk(list(ids))
        return [(events[pk].act, events[pk].agency_id) for pk in ids]

    looked, denied = (Act.VIEWED, eastport.pk), (Act.DENIED, eastport.pk)
    assert chain(eastport) == [looked, denied] * 4
    assert [each for each in chain(northland) if each[1] != northland.pk] == [looked, denied] * 4
    assert chain(southshore) == []


def test_the_owner_is_not_told_the_address_of_a_partners_officer(case: Case, bob: User) -> None:
    record_looks(Act.VIEWED, [case], by=bob)
    look = AuditEvent.objects.get(act=Act.VIEWED)
    with connection.cursor() as cursor:
        cursor.execute(f"select {sealing.COLUMNS} from {EVENTS} e where id = %s", [look.pk])
        values = cursor.fetchone()
    own, owners = (json.loads(sealing.row(values, str(pk))) for pk in (bob.agency_id, case.agency_id))
    assert own.keys() - owners.keys() == {"address", "request"}
    assert sealing.row(values, str(bob.agency_id)) == chains.canonical(own)


@pytest.mark.parametrize("text", ['Ann "x","actor":"y', "Zoë \\ \n", "日本"])
def test_no_text_in_a_row_can_pass_for_another_column(text: str, case: Case, bob: User) -> None:
    bob.name = text
    look = record(Act.NOTED, case, by=bob, reason=text)
    [values] = run(f"select {sealing.COLUMNS} from {EVENTS} e where id = %s", look.pk)
    told = sealing.row(values, str(bob.agency_id))
    assert told == chains.canonical(json.loads(told))
    assert (json.loads(told)["name"], json.loads(told)["facts"]) == (text, {"reason": text})


def test_heads_that_a_crash_kept_from_the_file_are_published_later(sealed: Path, case: Case) -> None:
    file = sealed / "heads.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-2]) + lines[-2][:25])  # the power went off in the middle of a line
    sealing.publish()
    assert file.read_text() == "".join(lines)
    assert faults() == []


def test_the_key_is_made_once_and_is_nobody_elses_to_read(outside: Path) -> None:
    path = outside / "secrets" / "key"
    assert Signer(path).public == Signer(path).public
    assert path.stat().st_mode & 0o077 == 0


# --- What is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [AuditEvent, AuditLink, AuditHead])
def test_the_app_has_no_right_to_change_or_delete_and_the_owner_meets_a_trigger(
    sealed: Path, model: Any
) -> None:
    for role, refusal in (("taskforce_app", "permission denied"), (None, "Cannot")):
        for tamper in (lambda: model.objects.update(id=1), lambda: model.objects.all().delete()):
            run(f"set local role {role}" if role else "reset role")
            with pytest.raises(ProgrammingError, match=refusal), transaction.atomic():
                tamper()


# --- What is found --------------------------------------------------------------------------------------------


def run(sql: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def owner(sealed: Path) -> None:
    """The attacker: the owner of the tables, with the triggers switched off."""
    run("reset role")
    for table in TABLES:
        run(f"alter table {table} disable trigger user")


def pick(table: str, dice: random.Random, column: str = "id") -> Any:
    rows = run(f"select {column} from {table} order by id")
    return dice.choice(rows)[0]


def pick_chain(dice: random.Random) -> Any:
    """A chain with two links at least."""
    rows = run(f"select chain from {LINKS} group by chain having count(*) > 1 order by chain")
    return dice.choice(rows)[0]


def change_event(dice: random.Random) -> None:
    column, value = dice.choice(
        [
            ("at", "at - interval '1 microsecond' * %s"), ("act", "'edited' || %s"), ("kind", "'x' || %s"),
            ("object_id", "md5(%s::text)::uuid"), ("actor_id", "md5(%s::text)::uuid"), ("actor_name", "actor_name || %s"),
            ("agency_id", "md5(%s::text)::uuid"), ("owner_id", "md5(%s::text)::uuid"), ("address", "'10.0.0.' || %s"),
            ("facts", "facts || jsonb_build_object('n', %s + 100)"), ("request_id", "md5(%s::text)::uuid"),
        ]
    )  # fmt: skip
    value = value.replace("'10.0.0.' || %s", "('10.0.0.' || %s)::inet")
    run(f"update {EVENTS} set {column} = {value} where id = %s", dice.randint(1, 200), pick(EVENTS, dice))


def delete_event(dice: random.Random) -> None:
    pk = pick(EVENTS, dice)
    run(f"delete from {EVENTS} where id = %s", pk)
    if dice.random() < 0.5:
        run(f"delete from {LINKS} where event_id = %s", pk)


def insert_event(dice: random.Random) -> None:
    """A copy of an event under a later date, put among the sealed ones or left for the sealer."""
    columns = "act, kind, object_id, actor_id, actor_name, agency_id, owner_id, address, facts, request_id"
    [[pk]] = run(
        f"insert into {EVENTS} (at, {columns}) select at + interval '1 s', {columns} from {EVENTS} where id = %s"
        " returning id", pick(EVENTS, dice),
    )  # fmt: skip
    if dice.random() < 0.5:
        link = pick(LINKS, dice)
        run(f"update {LINKS} set event_id = %s where id = %s", pk, link)


def swap_events(dice: random.Random) -> None:
    """Two events of one chain change places."""
    chain = pick_chain(dice)
    links = run(f"select id, event_id from {LINKS} where chain = %s", chain)
    (one, first), (other, second) = dice.sample(links, 2)
    run(f"update {LINKS} set event_id = -1 where id = %s", one)
    run(f"update {LINKS} set event_id = %s where id = %s", first, other)
    run(f"update {LINKS} set event_id = %s where id = %s", second, one)


def swap_links(dice: random.Random) -> None:
    """Two links of one chain change places, hashes and all."""
    chain = pick_chain(dice)
    (one, low), (other, high) = dice.sample(run(f"select id, seq from {LINKS} where chain = %s", chain), 2)
    run(f"update {LINKS} set seq = -1 where id = %s", one)
    run(f"update {LINKS} set seq = %s where id = %s", low, other)
    run(f"update {LINKS} set seq = %s where id = %s", high, one)


def change_link(dice: random.Random) -> None:
    run(f"update {LINKS} set hash = sha256(hash) where id = %s", pick(LINKS, dice))


def delete_link(dice: random.Random) -> None:
    run(f"delete from {LINKS} where id = %s", pick(LINKS, dice))


def change_head(dice: random.Random) -> None:
    column = dice.choice(["hash", "signature", "key", "at", "seq"])
    value = "seq + 1" if column == "seq" else f"translate({column}, '0123456789', '1234567890')"
    run(f"update {HEADS} set {column} = {value} where id = %s", pick(HEADS, dice))


def delete_head(dice: random.Random) -> None:
    run(f"delete from {HEADS} where id = %s", pick(HEADS, dice))


def truncate(dice: random.Random) -> None:
    """A chain loses its end, and every trace of it in the database."""
    chain = pick(LINKS, dice, "chain")
    [[last]] = run(f"select max(seq) from {LINKS} where chain = %s", chain)
    keep = dice.randrange(last)
    gone = run(f"delete from {LINKS} where chain = %s and seq > %s returning event_id", chain, keep)
    run(f"delete from {LINKS} where event_id = any(%s)", [pk for (pk,) in gone])
    run(f"delete from {EVENTS} where id = any(%s)", [pk for (pk,) in gone])
    run(f"delete from {HEADS} where chain = %s and seq > %s", chain, keep)


def write_anew(dice: random.Random) -> None:
    """An event is changed and every chain computed again, as one who knows the source would; heads are left out,
    kept, or signed with a key of their own."""
    change_event(dice)
    run(f"delete from {LINKS}")
    heads = run(f"select chain, seq, hash, at, key, signature from {HEADS}")
    run(f"delete from {HEADS}")
    with connection.cursor() as cursor:
        cursor.execute(f"select e.id, {sealing.COLUMNS} from {EVENTS} e order by e.id")
        events = cursor.fetchall()
    sealing._chain(events, Signer(Path(f"{settings.AUDIT_SIGNING_KEY_FILE} of somebody else")))
    if dice.random() < 0.5:
        run(f"delete from {HEADS}")
        for head in heads:
            run(
                f"insert into {HEADS} (chain, seq, hash, at, key, signature) values (%s, %s, %s, %s, %s, %s)",
                *head,
            )


def test_the_command_names_the_broken_row_and_ends_with_1(
    owner: None, northland: Agency, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")
    assert "all as sealed" in capsys.readouterr().out
    run(f"update {EVENTS} set actor_name = 'Nobody' where agency_id = %s and act = 'opened'", northland.pk)
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_audit")
    said = capsys.readouterr()
    assert "Northland Police: Row 1 (event" in said.err
    assert "is not as it was sealed" in said.err


@pytest.mark.django_db(transaction=True)
def test_an_operator_s_command_has_a_transaction_of_its_own_and_leaves_the_connection_as_it_was(
    outside: Path, case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    sealing.seal()
    with acting.on_behalf_of(acting.NOBODY):
        call_command("verify_audit")
    assert "all as sealed" in capsys.readouterr().out
    record_looks(Act.VIEWED, [case], by=None)
    sealing.seal()
    assert faults() == []


def test_events_that_nobody_seals_are_reported_after_a_while(outside: Path, case: Case) -> None:
    sealing.seal()
    with time_machine.travel(timezone.now() - timedelta(minutes=11), tick=False):
        record_looks(Act.VIEWED, [case], by=None)
    assert ["no worker runs" in fault for fault in faults()] == [True]
    sealing.seal()
    assert faults() == []


def test_an_event_dated_long_before_it_was_sealed_is_reported(sealed: Path, case: Case, alice: User) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=3), tick=False):
        record(Act.EDITED, case, by=alice)
    sealing.seal()
    assert ["long before it was sealed" in fault for fault in faults()] == [True]


def test_heads_are_trusted_of_an_earlier_key_that_is_named_and_of_no_other(
    sealed: Path, settings: Any
) -> None:
    earlier = Signer(Path(settings.AUDIT_SIGNING_KEY_FILE)).public
    settings.AUDIT_SIGNING_KEY_FILE = str(sealed / "another")
    assert "not trusted" in faults()[0]
    settings.AUDIT_TRUSTED_KEYS = [earlier]
    assert faults() == []


def test_a_heads_file_that_is_gone_is_reported(sealed: Path) -> None:
    (sealed / "heads.jsonl").unlink()
    assert any("is gone" in fault for fault in faults())


TAMPERS: list[Callable[[random.Random], None]] = [
    change_event, delete_event, insert_event, swap_events, swap_links, change_link, delete_link, change_head,
    delete_head, truncate, write_anew,
]  # fmt: skip


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("tampers", [110, pytest.param(10_000, marks=pytest.mark.release)])
def test_every_tampering_is_found_and_nothing_else_is(tampers: int) -> None:
    dice, missed = random.Random(20261122), []
    for n in range(tampers):
        tamper = TAMPERS[n % len(TAMPERS)]
        before = transaction.savepoint()
        tamper(dice)
        if not verify().faults:
            missed.append((n, tamper.__name__))
        transaction.savepoint_rollback(before)
        if n % 10 == 0:
            assert verify().faults == []
    assert missed == []
