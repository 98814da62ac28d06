"""What the leak hunt looks at: every route of the URLconf, every hidden row, and answers made comparable."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Max
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from agencies import actions as agency_actions
from agencies.changes import Change
from agencies.models import Agency, AuditEvent, User
from agencies.visibility import Level, Shareable
from cases import actions as case_actions
from cases.actions.tracking import track_version
from cases.models import Case, ConflictNotice, Track
from intel import actions as intel_actions
from intel.facts import IdentifierFacts, SubjectFacts
from intel.matching import engine, runs
from intel.models import Disclosure, HitNotice, LeadDraft, LinkRun
from tests import factories
from victims import actions as victim_actions
from victims.models import Victim

CANARY = "Quetzalcanary"  # stands in every text of the hidden rows
PHONE = "+1 404 555 0134"

# What setting up a second factor shows anew each time: the app's secret, as text and picture, and a passkey's challenge.
CHANCE = re.compile(
    r'<code class="break">[A-Z2-7]+</code>|data:image/svg\+xml;base64,[\w+/=]+|"challenge": "[^"]+"'
)

LABELS = sorted(model._meta.label_lower for model in apps.get_models() if issubclass(model, Shareable))


@dataclass(frozen=True)
class Route:
    """One route of the URLconf as a path with `<name>` placeholders."""

    path: str
    converters: dict[str, str]

    def fill(self, pk: uuid.UUID, label: str = "intel.lead") -> str:
        """The path with every UUID set to `pk`; raises for a placeholder nobody taught the hunt to fill."""
        values = {
            "pk": str(pk),
            "label": label,
            "screen": "desk",
            "uidb36": "1",
            "key": "x-y",
            "rest": "nowhere",
        }
        path = self.path
        for name, converter in self.converters.items():
            value = str(pk) if converter == "UUIDConverter" else values[name]
            path = re.sub(rf"<(\w+:)?{name}>", value, path)
        return path


def routes(patterns: Any = None, prefix: str = "/") -> Iterator[Route]:
    """Every route, walked through all includes."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + _plain(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, path)
        elif isinstance(entry, URLPattern):
            names = re.findall(r"<(?:\w+:)?(\w+)>", path)
            known = entry.pattern.converters
            yield Route(
                path, {name: type(known[name]).__name__ if name in known else "str" for name in names}
            )


def _plain(pattern: str) -> str:
    """A regex route, such as the router's or allauth's, as a plain path."""
    pattern = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern)
    return re.sub(r"[\^$\\]|\.\(\?P<format>.*|\.<format>/?\??", "", pattern).replace("/?", "/")


def sign_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def answer(
    client: Client, method: str, path: str, pk: uuid.UUID | None = None, **extra: Any
) -> tuple[Any, ...]:
    """Status, headers and body, with what differs by nature (CSRF and form tokens, the asked-for id) blanked."""
    response = getattr(client, method)(path, **extra)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = re.sub(r'name="(csrfmiddlewaretoken|token|key)" value="[\w-]+"', "", body.decode(errors="replace"))
    text = CHANCE.sub("", text)
    headers = dict(response.headers)
    headers.pop("Content-Length", None)
    seen = f"{sorted(headers.items())}\n{text}"
    return response.status_code, seen.replace(str(pk), "<pk>") if pk else seen


@contextmanager
def leaving_no_trace() -> Iterator[None]:
    """What the hunt itself leaves in the audit record (sign-ins, looks, refusals) is taken away again, as only the
    owner of the tables can: the next round of questions shall find the record as this one did."""
    last = AuditEvent.objects.aggregate(last=Max("pk"))["last"] or 0
    yield
    with connection.cursor() as cursor:
        cursor.execute("reset role; alter table agencies_auditevent disable trigger user")
        cursor.execute("delete from agencies_auditevent where id > %s", [last])
        cursor.execute("alter table agencies_auditevent enable trigger user; set role taskforce_system")


def settle(patience: float = 900) -> None:
    """Wait until no older transaction is open on the server: until then the feeds hold new rows back from everybody."""
    end = time.monotonic() + patience
    while Change.objects.settled().count() < Change.objects.count():
        assert time.monotonic() < end, "an older transaction stays open"
        time.sleep(0.05)


@dataclass
class Files:
    """One agency's rows as (label of the model, id)."""

    rows: list[tuple[str, uuid.UUID]]


def keep_files(
    by: User, boss: User, word: str, *, phone: str, partner: Agency | None = None, **lead: Any
) -> Files:
    """An agency's ordinary life: leads with subjects and identifiers, a draft, a case with notes and tasks, a share."""
    who = SubjectFacts(
        name=f"{word} Sample", aliases=(f"{word} Alias",), places=(f"{word}ville",), note=f"{word} note",
        birth_earliest=timezone.localdate() - timedelta(days=12_000),
        birth_latest=timezone.localdate() - timedelta(days=12_000),
        identifiers=(IdentifierFacts("phone", phone), IdentifierFacts("email", f"{word}@example.org".lower())),
    )  # fmt: skip
    first = factories.lead(by, f"{word} lead", narrative=f"{word} narrative", source=f"{word} source",
                           place=f"{word}ville", subjects=(who,), **lead)  # fmt: skip
    second = factories.lead(by, f"{word} second lead", narrative=f"{word} again", phone=phone, **lead)
    draft = LeadDraft.objects.create(user=by, form={"narrative": f"{word} draft"})
    case = case_actions.open_case(title=f"{word} case", kind="smuggling", by=boss, summary=f"{word} summary")
    attached = intel_actions.attach_lead(case, first, by=boss)
    cast = intel_actions.add_case_subject(case, first.subjects.get(), role="suspect", by=boss)
    note = case_actions.write_note(case, text=f"{word} case note", by=boss)
    task = case_actions.set_task(
        case, title=f"{word} task", details=f"{word} details", by=boss, due_on=timezone.localdate()
    )
    track = keep_track(case, boss, word)
    if partner is not None:
        agency_actions.share(second, agency=partner, level=Level.VIEW, reason=f"{word} reason", by=boss)
        case_actions.assign_case(case, agency=partner, part="support", reason=f"{word} part", by=boss)
    intel_actions.assign_lead(second, to=by, by=boss)
    tells = "owner_only" if lead.get("pointer_policy") == "owner_only" else "named"
    around = {"at": f"41.{phone[-4:]}, 10.5", "place": f"{word} place", "tells": tells}
    operation = factories.operation(boss, case, f"{word} operation", details=f"{word} plan", **around)
    case_actions.add_team(operation, of=boss.agency, name=f"{word} team", by=boss)  # type: ignore[arg-type]
    site = factories.site(boss, f"{word} site", **around)
    if partner is not None:
        case_actions.give_operation(operation, agency=partner, reason=f"{word} reason", by=boss)
    [protected] = factories.protect(boss, f"{word} Protected", kind="name", reason=f"{word} reason")
    engine.match(first.pk)
    engine.match(second.pk)
    rows: list[Any] = [
        operation,
        site,
        ConflictNotice.objects.filter(agency=by.agency).first(),
        protected,
        first,
        second,
        first.subjects.get(),
        draft,
        case,
        attached,
        cast,
        note,
        task,
        track,
        *track.sheets.all(),
        track.offences.get(),
        track.requests.get(),
        track.proposals.get(),
        case.assignments.first(),
        by,
    ]
    rows += [first.subjects.get().identifiers.first(), HitNotice.objects.filter(agency=by.agency).first()]
    rows.append(finished_run(boss))
    return Files([(row._meta.label_lower, row.pk) for row in rows if row is not None])


def keep_track(case: Case, by: User, word: str) -> Track:
    """A lane with facts for all and for one's agency alone, an offence, a request, and a proposal to lead."""
    track = case_actions.open_track(case, country="US", district=f"{word} District", by=by)
    today = timezone.localdate()
    case_actions.edit_track(
        track, version=track_version(track), private=["remarks"], by=by, country="US", district=track.district,
        prosecutor=f"{word} office", prosecutor_contact="", court=f"{word} court", docket=f"{word} docket",
        limitation_on=today, limitation_basis=f"{word} rule", remarks=f"{word} remark",
    )  # fmt: skip
    case_actions.write_offence(
        track, kind="trafficking", law=f"{word} law", title=f"{word} offence", acts=["transfer"], means=[],
        purposes=["servitude"], child=True, agency_private=False, by=by,
    )  # fmt: skip
    case_actions.draft_request(track, kind="mla", country="MX", asks=f"{word} asks", due_on=today, by=by)
    case_actions.propose_lead(track, reason=f"{word} leads", by=by)
    return track


def finished_run(by: User | None) -> LinkRun:
    """A re-link of the agency's leads, or (None) of everything."""
    run = intel_actions.start_run(by=by)
    assert runs.work(run, stop=lambda: False) == runs.Next.OVER
    return run


def ask(notice: HitNotice, by: User) -> Disclosure:
    deadline = timezone.now() + timedelta(days=7)
    return intel_actions.request_disclosure(
        notice, level=Level.VIEW, purpose=f"{CANARY} purpose", deadline=deadline, by=by
    )


def register(by: User) -> Victim:
    return victim_actions.register_victim(by=by, needs=["shelter"])
