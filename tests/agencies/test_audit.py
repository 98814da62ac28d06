from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from agencies import actions, audit
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, User
from agencies.visibility import Level
from intel.models import Lead
from tests import factories


def test_the_record_can_neither_be_changed_nor_deleted(alice: User) -> None:
    factories.lead(alice)
    for tamper in (
        lambda: AuditEvent.objects.update(actor_name="nobody"),
        lambda: AuditEvent.objects.all().delete(),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            tamper()


def test_partners_read_the_open_history_but_not_with_whom_else_it_is_shared(
    alice: User, anna: User, bob: User, eastport: Agency, southshore: Agency
) -> None:
    lead = factories.lead(alice)
    actions.share(lead, agency=southshore, level=Level.VIEW, reason="secret work", by=anna)
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    assert [event.act for event in AuditEvent.objects.about(lead, bob)] == [Act.LOGGED]
    assert Act.SHARED in {event.act for event in AuditEvent.objects.about(lead, alice)}


def test_an_outsider_reads_no_history(alice: User, charlie: User) -> None:
    assert not AuditEvent.objects.about(factories.lead(alice), charlie).exists()


def test_looking_at_a_record_is_written_with_whose_it_is(alice: User, bob: User) -> None:
    lead = factories.lead(alice)
    audit.record_looks(Act.VIEWED, [lead], by=alice)
    audit.record_looks(Act.VIEWED, [lead], by=bob)
    looks = AuditEvent.objects.filter(act=Act.VIEWED).order_by("pk")
    assert [(look.actor_id, look.owner_id) for look in looks] == [
        (alice.pk, lead.agency_id),
        (bob.pk, lead.agency_id),
    ]


def test_the_record_holds_no_content(alice: User) -> None:
    lead = factories.lead(alice, title="Canary title", narrative="Canary narrative", phone="+14045550134")
    assert Lead.objects.filter(pk=lead.pk).exists()
    for event in AuditEvent.objects.all():
        assert "Canary" not in str(event.facts)
        assert "4045550134" not in str(event.facts)
