"""The locks of identities: nothing opens out of its place, keys change under load, a lost key overwrites nothing."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, Self

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections

from agencies import acting
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.policies import Refused
from tests.factories import person
from tests.factories.identities import WHO, identity
from victims import actions, keyring, sealing
from victims.checks import check_key_ring
from victims.keyring import KeyProblem, KeyRing
from victims.models import FIELDS, VictimIdentity

WHY = {"purpose": "care", "words": "The doctor asks."}


@pytest.fixture(autouse=True)
def ring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "victim-keys"
    keyring.make(path)
    monkeypatch.setattr(settings, "VICTIM_KEY_RING_FILE", str(path))
    return path


@pytest.fixture
def dora(harbour: Agency) -> User:
    return person("Dora", harbour, Role.VICTIM_CASEWORKER)


def again(held: VictimIdentity) -> VictimIdentity:
    return VictimIdentity.objects.get(pk=held.pk)


# --- Bound to their place -------------------------------------------------------------------------------------------


def test_what_is_sealed_opens_nowhere_but_in_its_row_field_and_version(nora: User, dora: User) -> None:
    one, other = identity(nora, dora), identity(nora, dora, name="Somebody Else")
    for field in FIELDS:
        VictimIdentity.objects.filter(pk=one.pk).update(**{field: getattr(other, field)})
        with pytest.raises(KeyProblem, match="another record, field or version"):
            sealing.open_field(again(one), field)
        VictimIdentity.objects.filter(pk=one.pk).update(**{field: getattr(one, field)})
    VictimIdentity.objects.filter(pk=one.pk).update(contact=one.name)
    with pytest.raises(KeyProblem):
        sealing.open_field(again(one), "contact")
    VictimIdentity.objects.filter(pk=one.pk).update(contact=one.contact)
    actions.change_identity(one, {"contact": "new"}, empty=set(), version=1, by=nora)
    VictimIdentity.objects.filter(pk=one.pk).update(contact=one.contact)
    with pytest.raises(Refused, match="another record, field or version"):
        actions.look(again(one), "contact", by=nora, **WHY)
    assert sealing.open_field(again(one), "name") == WHO["name"]


def test_a_wrapped_key_opens_for_its_record_alone_even_with_all_fields_moved(nora: User, dora: User) -> None:
    one, other = identity(nora, dora), identity(nora, dora, name="Somebody Else")
    moved = {name: getattr(other, name) for name in (*FIELDS, "wrapped_key", "key_id", "version")}
    VictimIdentity.objects.filter(pk=one.pk).update(**moved)
    with pytest.raises(KeyProblem, match="belongs to another record"):
        sealing.open_field(again(one), "name")


def test_each_record_has_a_key_of_its_own_and_the_same_words_look_different(nora: User, dora: User) -> None:
    one, other = identity(nora, dora, statement="same"), identity(nora, dora, statement="same")
    assert bytes(one.wrapped_key) != bytes(other.wrapped_key)
    sealed = {bytes(getattr(each, field)) for each in (one, other) for field in FIELDS}
    assert len(sealed) == 2 * len(FIELDS)
    assert len({len(bytes(getattr(one, field))) for field in FIELDS}) == 1  # not even how much was written


# --- The ring -------------------------------------------------------------------------------------------------------


def test_a_start_is_refused_in_a_sentence_while_the_ring_is_missing_open_or_not_whole(
    ring_file: Path,
) -> None:
    assert check_key_ring() == []
    whole = ring_file.read_text()

    def said() -> str:
        [problem] = check_key_ring()
        assert not any(key in problem.msg for key in json.loads(whole)["keys"].values())
        return str(problem.msg)

    ring_file.chmod(0o644)
    assert "chmod 600" in said()
    ring_file.chmod(0o600)
    for broken in (
        "",
        "{}",
        whole.replace('"active": "', '"active": "x'),
        whole[:-20],
        whole.replace("=", ""),
    ):
        ring_file.write_text(broken)
        assert "cannot be used" in said()
    short = json.loads(whole)
    short["keys"] = {name: key[:20] + "==" for name, key in short["keys"].items()}
    ring_file.write_text(json.dumps(short))
    assert "32 random bytes" in said()
    ring_file.unlink()
    assert "Restore it from its backup" in said()


def test_a_ring_is_made_once_and_only_its_account_reads_it(ring_file: Path) -> None:
    before = ring_file.read_text()
    keyring.make(ring_file)
    assert ring_file.read_text() == before
    assert ring_file.stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_said_and_nothing_is_overwritten(nora: User, dora: User, ring_file: Path) -> None:
    held = identity(nora, dora)
    kept = ring_file.read_text()
    keyring.save(ring_file, KeyRing.new())
    before = VictimIdentity.objects.filter(pk=held.pk).values().get()
    with pytest.raises(Refused, match="not in the key ring"):
        actions.look(held, "name", by=nora, **WHY)
    with pytest.raises(Refused, match="Nothing was changed"):
        actions.change_identity(held, {"name": "x"}, empty=set(), version=1, by=nora)
    with pytest.raises(CommandError, match="not in the key ring"):
        call_command("rotate_victim_keys", stdout=StringIO())
    assert VictimIdentity.objects.filter(pk=held.pk).values().get() == before
    ring_file.write_text(kept)
    assert actions.look(held, "name", by=nora, **WHY) == WHO["name"]


def test_erased_the_row_and_its_key_are_gone_and_a_deleted_victim_takes_them_along(
    nora: User, dora: User
) -> None:
    one, other = identity(nora, dora), identity(nora, dora, name="Somebody Else")
    actions.erase_identity(one, reason="She asked", by=nora)
    other.victim.delete()
    assert not VictimIdentity.objects.exists()
    with connection.cursor() as cursor:
        for table in ("identitygrant", "emergency", "identitynotice", "identitypointer"):
            cursor.execute(f"SELECT count(*) FROM victims_{table}")
            assert cursor.fetchone() == (0,)


# --- Changing keys ------------------------------------------------------------------------------------------------------


def test_keys_change_and_an_old_one_is_retired_only_when_nothing_is_locked_with_it(
    nora: User, dora: User, ring_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [identity(nora, dora, name=f"Person {n}") for n in range(5)]
    old = sealing.ring().active
    with pytest.raises(CommandError, match="active"):
        call_command("retire_victim_key", old, stdout=StringIO())
    monkeypatch.setattr("victims.rekeying.AT_ONCE", 2)
    fail_after(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        call_command("rotate_victim_keys", stdout=StringIO())
    monkeypatch.undo()
    monkeypatch.setattr(settings, "VICTIM_KEY_RING_FILE", str(ring_file))
    new = sealing.ring().active
    assert 0 < VictimIdentity.objects.filter(key_id=old).count() < 5
    with pytest.raises(CommandError, match="still locked"):
        call_command("retire_victim_key", old, stdout=StringIO())
    call_command("rotate_victim_keys", stdout=StringIO())
    assert sealing.ring().active == new  # it went on where it was, and made no further key
    call_command("retire_victim_key", old, stdout=StringIO())
    assert list(sealing.ring().keys) == [new]
    names = [actions.look(each, "name", by=nora, **WHY) for each in held]
    assert names == [f"Person {n}" for n in range(5)]
    with pytest.raises(CommandError, match="has no key"):
        call_command("retire_victim_key", old, stdout=StringIO())


def fail_after(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    rewrap, done = sealing.rewrap, [0]

    def counted(*args: Any) -> None:
        done[0] += 1
        if done[0] > times:
            raise RuntimeError("cut off")
        rewrap(*args)

    monkeypatch.setattr(sealing, "rewrap", counted)


class Load:
    """Work that goes on in threads of its own until it is told to stop, and what went wrong in it."""

    def __init__(self, *works: Callable[[], None]) -> None:
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(work,)) for work in works]

    def _go(self, work: Callable[[], None]) -> None:
        try:
            with acting.on_behalf_of(acting.SYSTEM):
                while not self._stop.is_set():
                    work()
                    self.done[work.__name__] += 1
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is a failed read
            self.failed.append(repr(problem))
        finally:
            connections.close_all()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


@pytest.mark.django_db(transaction=True)
def test_keys_change_under_load_and_no_read_or_write_fails(
    nora: User, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "READS_PER_HOUR", 0)
    held = [identity(nora, dora, name=f"Person {n}") for n in range(20)]

    def read() -> None:
        for number, each in enumerate(held[:15]):
            assert actions.look(each, "name", by=nora, **WHY) == f"Person {number}"

    def write() -> None:
        for each in held[15:]:
            now = again(each)
            actions.change_identity(now, {"contact": "c"}, empty=set(), version=now.version, by=nora)

    with Load(read, read, write) as load:
        for _ in range(4):
            old = sealing.ring().active
            call_command("rotate_victim_keys", stdout=StringIO())
            call_command("retire_victim_key", old, stdout=StringIO())
        wait_until(lambda: load.failed or min(load.done["read"], load.done["write"]) > 0)
    assert load.failed == []
    assert min(load.done["read"], load.done["write"]) > 0
    assert set(VictimIdentity.objects.values_list("key_id", flat=True)) == {sealing.ring().active}


def wait_until(happened: Callable[[], object], patience: float = 60) -> None:
    end = time.monotonic() + patience
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
