"""The gate: the one place that decides who sees which row, and the only importer of django-guardian.

A user sees a row if their agency **owns** it, or an unexpired **grant** (a guardian object permission of the
agency's group) names it, or a **parent** it is part of is seen and the row is not private to its agency.
What is kept from a **person** (a row of named people only, a conflict wall) they do not see, whatever their agency may.
No rule means no rows: anonymous, inactive or agency-less users, superusers included, see nothing.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Protocol, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.query import ModelIterable
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase

from agencies.acting import SYSTEM, AcrossQuerySet, as_system, on_behalf_of, verb
from agencies.guards import Admission, Guard, circle_of, kept_back, table_on
from agencies.permissions import Permission
from agencies.reach import Reach, highest, ways_of

HANDED_ON_LEVELS = ("view_summary", "view", "contribute")


class Level(models.IntegerChoices):
    """How much of a row a viewer may have. OWN never travels by share."""

    SUMMARY = 1, "Summary"
    VIEW = 2, "View"
    CONTRIBUTE = 3, "Contribute"
    OWN = 4, "Owner"


class Holder(Protocol):
    """What the gate needs to know of an agency."""

    pk: uuid.UUID
    group_id: int


class Looker(Protocol):
    """What the gate needs to know of whoever looks: a user or a service account."""

    @property
    def agency_id(self) -> uuid.UUID | None: ...
    @property
    def sees_as(self) -> Holder | None:
        """The agency on whose behalf they look, None when they may see nothing."""

    def may(self, permission: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Through:
    """A row is part of a parent: `own` column in (select `column` from the parents the viewer sees, if `where`)."""

    own: str
    parent: str
    column: str = "pk"
    where: Q = field(default_factory=Q)

    def model(self) -> type[Shareable]:
        return apps.get_model(self.parent)


class Grant(GroupObjectPermissionBase):
    """One agency's permission on one row: guardian's own row, and why it was given. Concrete models add the row."""

    granted_at = models.DateTimeField(default=timezone.now)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    content_object: Any  # the row: a foreign key of each concrete model
    onward = models.BooleanField(default=False, db_default=False)  # the holder may let a third agency have it
    via = models.ForeignKey("agencies.Agency", null=True, on_delete=models.PROTECT, related_name="+")
    rule = models.ForeignKey("agencies.ShareRule", null=True, on_delete=models.SET_NULL, related_name="+")

    @property
    def level(self) -> Level:
        action = self.permission.codename.removesuffix(f"_{self.content_object._meta.model_name}")
        return Level(HANDED_ON_LEVELS.index(action) + 1)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True
        indexes = [models.Index(fields=["content_object", "group"])]


S = TypeVar("S", bound="Shareable")


class VisibleQuerySet(AcrossQuerySet[S]):
    def visible_to(self, viewer: Any, level: Level = Level.VIEW) -> Self:
        """The rows `viewer` may have at `level` or more, now."""
        return self.filter(_rule(self.model, viewer, level))

    def with_level(self, viewer: Any) -> Self:
        """The rows `viewer` may have at all, each with its `level` (a `Level` value)."""
        if self.model.reach_model() and getattr(viewer, "sees_as", None):
            parents = [(through.model().reach_model(), through.own) for through in _worked_out(self.model)]
            level = highest(self.model.reach_model(), parents, viewer)
            return self.visible_to(viewer, Level.SUMMARY).annotate(level=level)
        higher = (Level.OWN, Level.CONTRIBUTE, Level.VIEW)
        whens = [When(_reach(self.model, viewer, level), then=Value(level.value)) for level in higher]
        return self.visible_to(viewer, Level.SUMMARY).annotate(
            level=Case(*whens, default=Value(Level.SUMMARY.value), output_field=models.IntegerField())
        )

    def checked(self) -> Self:
        """For long lists and searches: asked as the system with the gate in the query, and what comes is held against
        the second lock, each row and each count.

        The lock first would look at every row of the table, and no index of words could be asked: no operator of text
        is leakproof.
        """
        return self.across()

    def _fetch_all(self) -> None:
        if (
            not self.looks_across
            or self._result_cache is not None
            or self._iterable_class is not ModelIterable
        ):
            models.QuerySet._fetch_all(self)
            return
        super()._fetch_all()
        rows: Any = self._result_cache
        shown = set(self._shown([row.pk for row in rows]).values_list("pk", flat=True))
        self._result_cache = [row for row in rows if row.pk in shown]

    def count(self) -> int:
        if not self.looks_across:
            return super().count()
        with on_behalf_of(SYSTEM):
            ids = list(self.values_list("pk", flat=True))
        return self._shown(ids).count()

    def exists(self) -> bool:
        return models.QuerySet.exists(self)

    def _shown(self, ids: list[Any]) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._base_manager.filter(pk__in=ids)
        return rows


class Shareable(models.Model):
    """A row with an owner. Every model that holds an agency's data is one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    read_permission: ClassVar[Permission | None] = None
    seen_through: ClassVar[tuple[Through, ...]] = ()
    guarded_by: ClassVar[tuple[Guard, ...]] = ()
    handed_on: ClassVar[tuple[Level, ...]] = ()  # the levels at which rows are shared one by one
    stands_for: ClassVar[str] = (
        ""  # the column with the ids of rows that are gone, of which it is what is left
    )
    private_history: ClassVar[bool] = (
        False  # its viewers read only of acts that name them, not what was before
    )
    in_feed: ClassVar[bool] = False  # partner agencies pull it, so its changes and withdrawals are announced

    objects: ClassVar[Any] = VisibleQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = HANDED_ON_LEVELS

    def handling_codes(self) -> list[str]:
        """The handling codes that bind whoever gets this row."""
        return []

    @classmethod
    def agencies(cls) -> models.QuerySet[Any, Any]:
        """All agencies, for whoever has only a row's model at hand."""
        return cls._meta.get_field("agency").related_model._default_manager.all()  # type: ignore[union-attr]

    @classmethod
    def grant_model(cls) -> type[Grant] | None:
        """The table of this model's grants, or None where rows are never shared one by one."""
        return table_on(cls, Grant)

    @classmethod
    def reach_model(cls) -> type[Reach] | None:
        """The table in which the database keeps which agencies have which rows, or None where the rule is worked out."""
        return table_on(cls, Reach)

    @classmethod
    def admission_model(cls) -> type[Admission] | None:
        """The table that says to whom single rows are open, or None where the agencies alone decide."""
        return table_on(cls, Admission)


class PersonalQuerySet(models.QuerySet[Any]):
    """Rows that belong to one person and are nobody else's business, drafts for instance."""

    def belonging_to(self, user: Any) -> Self:
        return self.filter(user=user) if user.is_authenticated and user.is_active else self.none()


def _nothing() -> Q:
    return Q(pk__in=[])


def _codename(model: type[models.Model], level: Level) -> str:
    return f"{HANDED_ON_LEVELS[level - 1]}_{model._meta.model_name}"


def _rule(model: type[Shareable], viewer: Any, level: Level) -> Q:
    """The whole rule: within reach of the viewer's agency, and not kept from the viewer."""
    return _reach(model, viewer, level) & ~kept_back(model, viewer)


def _reach(model: type[Shareable], viewer: Any, level: Level) -> Q:
    agency = getattr(viewer, "sees_as", None)
    if agency is None or model.read_permission is None or not viewer.may(model.read_permission):
        return _nothing()
    owned = Q(agency_id=agency.pk)
    if level == Level.OWN:
        return owned
    reach = model.reach_model()
    if reach is None:
        return owned | _granted(model, agency, level) | _inherited(model, viewer, level)
    kept = Q(Exists(ways_of(reach, viewer, level).filter(**{reach.row: OuterRef("pk")})))
    return kept | _inherited(model, viewer, level) if _worked_out(model) else kept


def _granted(model: type[Shareable], agency: Holder, level: Level) -> Q:
    grants = model.grant_model()
    if grants is None:
        return _nothing()
    codenames = [_codename(model, at) for at in Level if level <= at < Level.OWN]
    return Q(
        Exists(
            live(grants).filter(
                content_object=OuterRef("pk"), group_id=agency.group_id, permission__codename__in=codenames
            )
        )
    )


@functools.cache
def _worked_out(model: type[Shareable]) -> list[Through]:
    """The parents that are asked when somebody looks: with a reach, those whose own reach says it."""
    kept = model.reach_model() is not None
    return [through for through in model.seen_through if not kept or through.model().reach_model()]


def _inherited(model: type[Shareable], viewer: Any, level: Level) -> Q:
    rule = _nothing()
    for through in _worked_out(model):
        parents = through.model().objects.visible_to(viewer, max(level, Level.VIEW)).filter(through.where)
        rule |= Q(Exists(parents.filter(**{through.column: OuterRef(through.own)})))
    if hasattr(model, "agency_private"):
        rule &= Q(agency_private=False)
    return rule


def live(grants: type[Grant]) -> models.QuerySet[Any]:
    """The grants that hold at this second."""
    return grants._default_manager.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


def can(viewer: Any, level: Level, obj: Shareable) -> bool:
    """May this viewer have this row at this level, now?"""
    return bool(type(obj).objects.visible_to(viewer, level).filter(pk=obj.pk).exists())


def level_of(viewer: Any, obj: Shareable) -> Level | None:
    """The most this viewer may have of this row, None when they may not know of it."""
    rows: models.QuerySet[Any, Any] = type(obj).objects.with_level(viewer).filter(pk=obj.pk)
    level = rows.values_list("level", flat=True).first()
    return Level(level) if level else None


# --- Giving and taking ------------------------------------------------------------------------------


def share(
    obj: Shareable,
    agency: Holder,
    *,
    level: Level,
    by: Any,
    reason: str,
    expires_at: datetime | None = None,
    onward: bool | None = None,
    via: Any = None,
) -> Grant:
    """Let `agency` have `obj` at `level` (replacing any other level it was granted). Callers record the audit.

    `onward`: may they let a third agency have it? None leaves that as it was. `via`: who passed it on to them.
    """
    grants = _grants_of(obj)
    lock(obj)
    earlier = grants.objects.filter(content_object=obj, group_id=agency.group_id)
    onward = any(earlier.values_list("onward", flat=True)) if onward is None else onward
    earlier.delete()
    grant: Grant = grants.objects.assign_perm(
        _codename(type(obj), level), Group.objects.get(pk=agency.group_id), obj
    )
    grant.granted_by, grant.reason, grant.expires_at = by, reason, expires_at
    grant.onward, grant.via = onward, via
    grant.save()
    return grant


def lock(obj: Shareable) -> None:
    """Until the transaction ends nobody else gives or takes `obj`: what is passed on meanwhile would outlive its source.
    Its owner is then who owns it now: it may have been handed over since it was read."""
    rows: Any = type(obj)._base_manager.select_for_update().filter(pk=obj.pk)
    for owner in rows.values_list("agency_id", flat=True):
        obj.agency_id = owner


def revoke(obj: Shareable, agency: Any) -> list[Any]:
    """Take every grant of `agency` on `obj` away, and those that it passed on: the agencies that had one."""
    lock(obj)
    losing = [agency, *passed_on_by(obj, agency)]
    groups = [each.group_id for each in losing]
    grants = _grants_of(obj).objects.filter(content_object=obj, group_id__in=groups)
    return losing if grants.delete()[0] else []


@as_system
def passed_on_by(obj: Shareable, agency: Any) -> list[Any]:
    """The agencies that have `obj` because `agency` passed it on, or somebody who has it from there."""
    rows = _grants_of(obj).objects.filter(content_object=obj, via__isnull=False)
    given: dict[Any, list[Any]] = {}
    for grant in rows.select_related("group__agency"):
        given.setdefault(grant.via_id, []).append(grant.group.agency)
    found: dict[Any, Any] = {}
    fresh = [agency.pk]
    while fresh:
        for each in given.get(fresh.pop(), []):
            if each.pk not in found and each.pk != agency.pk:
                found[each.pk] = each
                fresh.append(each.pk)
    return list(found.values())


def grant_of(obj: Shareable, agency: Holder) -> Any:
    """The grant that `agency` holds on `obj` at this second, or None."""
    grants = type(obj).grant_model()
    if grants is None:
        return None
    rows = live(grants).filter(content_object=obj, group_id=agency.group_id)
    return rows.select_related("permission", "content_object", "group__agency").first()


def granted_to(model: type[Shareable], agency: Holder, owner: Holder) -> list[tuple[Shareable, Level]]:
    """The rows of `owner` that `agency` holds a grant on, and at which level."""
    grants = model.grant_model()
    if grants is None:
        return []
    rows = live(grants).filter(group_id=agency.group_id, content_object__agency_id=owner.pk)
    return [(each.content_object, each.level) for each in rows.select_related("content_object", "permission")]


def end_grants_by(model: type[Shareable], moment: datetime, one: Holder, other: Holder) -> None:
    """Let the grants that the two hold on each other's rows, and what they passed on of them, end at `moment` at the latest."""
    grants = model.grant_model()
    if grants is not None:
        between = Q(group_id=one.group_id, content_object__agency_id=other.pk)
        between |= Q(group_id=other.group_id, content_object__agency_id=one.pk)
        between |= Q(via_id=one.pk, content_object__agency_id=other.pk)
        between |= Q(via_id=other.pk, content_object__agency_id=one.pk)
        later = Q(expires_at=None) | Q(expires_at__gt=moment)
        grants._default_manager.filter(between, later).update(expires_at=moment)


def _grants_of(obj: Shareable) -> type[Any]:
    grants = type(obj).grant_model()
    if grants is None:
        raise TypeError(f"{type(obj).__name__} is never shared by itself; share what it is part of.")
    return grants


# --- Who sees this, and why ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Viewer:
    """One agency that sees a row: at which level, why, since when, by whose decision, until when."""

    agency: Any
    level: Level
    why: str
    since: datetime
    granted_by: Any = None
    expires_at: datetime | None = None
    revocable: bool = False
    onward: bool = False
    rule: Any = None  # by which it was given; its owner's people alone are told


@as_system
def viewers_of(obj: Shareable) -> list[Viewer]:
    """Every agency of whose people any sees `obj`, its owner first, then by name; by the widest of several ways in."""
    shut_out = _agencies_shut_out(obj)
    return [viewer for viewer in reached_by(obj) if not shut_out(viewer.agency.pk)]


@as_system
def reached_by(obj: Shareable) -> list[Viewer]:
    """The agencies that `obj` is given to, those among them of which nobody is named to it too."""
    widest: dict[uuid.UUID, Viewer] = {}
    for viewer in _ways_in(obj):
        known = widest.get(viewer.agency.pk)
        if known is None or viewer.level > known.level:
            widest[viewer.agency.pk] = viewer
    return sorted(widest.values(), key=lambda viewer: (viewer.level != Level.OWN, viewer.agency.name))


@as_system
def every_way_in(obj: Shareable) -> list[Viewer]:
    """Each ownership, share and parent by which an agency reaches `obj`, named people and walls left aside."""
    return list(_ways_in(obj))


def _ways_in(obj: Shareable) -> Iterator[Viewer]:
    yield Viewer(obj.agency, Level.OWN, "owns it", obj.created_at)
    grants = type(obj).grant_model()
    if grants is not None:
        rows = (
            live(grants)
            .filter(content_object=obj)
            .select_related("group__agency", "granted_by", "permission", "content_object", "rule")
        )
        for grant in rows:
            yield Viewer(
                grant.group.agency, grant.level, grant.reason or "shared", grant.granted_at, grant.granted_by,
                grant.expires_at, revocable=True, onward=grant.onward, rule=grant.rule,
            )  # fmt: skip
    if not getattr(obj, "agency_private", False):
        for parent in _parents(obj):
            for viewer in _ways_in(parent):
                if viewer.level >= Level.VIEW:
                    level = min(viewer.level, Level.CONTRIBUTE)
                    why = f"through the {parent._meta.verbose_name}"
                    yield replace(viewer, level=level, why=why, revocable=False, onward=False, rule=None)


def _agencies_shut_out(obj: Shareable) -> Callable[[uuid.UUID], bool]:
    """Which agencies have nobody to whom `obj`, and what it hangs on, is open?"""
    circles = [(obj, False)] if type(obj).admission_model() else []
    for guard in obj.guarded_by:
        row: Any = obj
        for step in guard.path.split("__"):
            row = getattr(row, step)
        circles += [(row, guard.own_side)] if row is not None else []
    closed = [
        (row.agency_id if own_side else None, {person.agency_id for person in circle.named})
        for row, own_side in circles
        if (circle := circle_of(row)).named is not None
    ]
    return lambda agency: any(whose in (None, agency) and agency not in named for whose, named in closed)


@as_system
def sees_parents(viewer: Any, obj: Shareable) -> bool:
    """Does the viewer see everything that `obj` is part of? The owner of a part may have lost the whole."""
    return all(can(viewer, Level.VIEW, parent) for parent in _parents(obj))


def _parents(obj: Shareable) -> Iterator[Shareable]:
    for through in obj.seen_through:
        value = getattr(obj, through.own)
        if value is not None:
            yield from through.model().objects.filter(through.where, **{through.column: value})


@verb
def take_expired() -> list[tuple[Shareable, Any, Any]]:
    """Delete the grants whose time is over, which had no effect: the rows they were on, whose they were, by which rule."""
    taken: list[tuple[Shareable, Any, Any]] = []
    for model in apps.get_models():
        grants = model.grant_model() if issubclass(model, Shareable) else None
        if grants is not None:
            over = grants._default_manager.filter(expires_at__lte=timezone.now())
            locked = over.select_for_update(skip_locked=True, of=("self",))
            for grant in locked.select_related("content_object", "group__agency", "rule__ended_by"):
                taken.append((grant.content_object, grant.group.agency, grant.rule))
                grant.delete()
    return taken
