"""The pieces every page is made of: `{% load ui %}`. Catalogue with all states: /components/.

Small pieces (icon, badge, avatar, time) are built here, for speed in long lists; the larger ones are templates in
`templates/components/`.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, widgets
from django.http import QueryDict
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from agencies.pages import COUNT_CAP
from intel.matching.measured import measured
from taskforce import badges
from taskforce.badges import Look
from taskforce.facets import Facet, active_chips, is_facet
from taskforce.times import ago, end_of
from taskforce.waterfall import waterfall as lay_out

register = template.Library()


# --- Icon, badge, marking -----------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """`{% icon "lock" %}`: decoration, hidden from screen readers unless it has a `label`."""
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon {}" {}><use href="{}#{}"/></svg>', css, role, static("icons/sprite.svg"), name
    )


@register.simple_tag
def badge(
    label: str, tone: str = "neutral", icon_name: str = "", title: str = "", css: str = ""
) -> SafeString:
    """`{% badge "3 overdue" "danger" "clock" %}`."""
    return format_html(
        '<span class="badge tone-{} {}"{}>{}{}</span>',
        tone, css, format_html(' title="{}"', title) if title else "", icon(icon_name) if icon_name else "", label,
    )  # fmt: skip


def _known(looks: dict[str, Look], value: object, label: str, css: str = "", title: str = "") -> SafeString:
    key = str(getattr(value, "value", value) or "")
    look = looks.get(key.lower(), badges.PLAIN)
    return badge(label or key.replace("_", " ").capitalize(), look.tone, look.icon, title, css)


@register.simple_tag
def state(value: object, label: str = "") -> SafeString:
    """`{% state case.status case.get_status_display %}`."""
    return _known(badges.STATES, value, label)


@register.simple_tag
def urgency(value: object, label: str = "") -> SafeString:
    """`{% urgency lead.urgency lead.get_urgency_display %}`: text and bars, without a ground."""
    return _known(badges.URGENCIES, value, label, "badge-plain")


@register.simple_tag
def band(value: object, label: str = "") -> SafeString:
    """How strong a hit is; hovering tells how often hits of that strength were right when measured."""
    share = measured(str(getattr(value, "value", value)))
    return _known(badges.BANDS, value, label, title=f"Right when measured: {share}" if share else "")


@register.filter
def undo_url(message: Any) -> str:
    """Where what a message tells of is taken back: `messages.success(request, text, extra_tags=f"undo {url}")`."""
    word, _, url = (message.extra_tags or "").partition(" ")
    return url if word == "undo" else ""


@register.simple_tag
def handling(codes: str | Iterable[str], caveat: str = "") -> SafeString:
    """`{% handling lead.handling lead.caveat %}`: "H1", "H1 H2" or a list; hovering tells what each forbids."""
    names = codes.replace("+", " ").replace(",", " ").split() if isinstance(codes, str) else codes
    known = ((name, *badges.HANDLING.get(str(name), badges.HANDLING["H3"])) for name in map(str, names))
    return format_html_join(
        " ", "{}",
        ((badge(name, look.tone, look.icon, f"{name}: {caveat if name == 'H3' and caveat else means}"),)
         for name, look, means in known),
    )  # fmt: skip


@register.simple_tag
def tlp(label: str) -> SafeString:
    """`{% tlp "AMBER+STRICT" %}`, in the colours of TLP 2.0."""
    name = label.upper().removeprefix("TLP:")
    return format_html(
        '<span class="badge tlp tlp-{}" title="{}">TLP:{}</span>',
        name.split("+")[0].lower(), badges.TLP.get(name, ""), name,
    )  # fmt: skip


@register.simple_tag
def grade(code: str) -> SafeString:
    """`{% grade "B2" %}`: source and accuracy on the 4x4 scale; hovering says what they mean."""
    means = [badges.SOURCES.get(code[:1], ""), badges.ACCURACIES.get(code[1:2], "")]
    return badge(code, title=f"{code}: {', '.join(filter(None, means))}", css="grade")


# --- Who -----------------------------------------------------------------------------------------------


def _initials(name: str) -> str:
    words = [word for word in name.replace("-", " ").split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]) if len(words) > 1 else name[:2]


@register.simple_tag
def avatar(who: Any, css: str = "") -> SafeString:
    """Initials of an agency (square) or a person (round), in a hue that stays theirs. `css`: avatar-sm, avatar-lg."""
    if who is None:
        return format_html('<span class="avatar {}" title="Nobody">–</span>', css)
    name = str(getattr(who, "name", who))
    shape = "avatar-round" if hasattr(who, "email") else ""
    return format_html(
        '<span class="avatar hue-{} {} {}" title="{}" aria-hidden="true">{}</span>',
        zlib.crc32(name.encode()) % 12, shape, css, name, _initials(getattr(who, "short_name", "") or name),
    )  # fmt: skip


@register.simple_tag
def agency(who: Any, full: bool = False) -> SafeString:
    """Avatar, short (or `full=True`) name and country of an agency."""
    name = who.name if full or not who.short_name else who.short_name
    return format_html(
        '<span class="agency">{}<bdi class="truncate">{}</bdi> <span class="country">{}</span></span>',
        avatar(who, "avatar-sm"), name, who.country,
    )  # fmt: skip


@register.simple_tag
def person(who: Any, fallback: str = "Nobody yet") -> SafeString:
    """Avatar and name of a person; `fallback` where there is none."""
    if who is None:
        return format_html('<span class="agency faint">{}</span>', fallback)
    return format_html(
        '<span class="agency">{}<bdi class="truncate">{}</bdi></span>', avatar(who, "avatar-sm"), who.name
    )


@register.inclusion_tag("components/who_sees.html")
def who_sees(viewers: Sequence[Any], url: str = "", shown: int = 5) -> dict[str, Any]:
    """The agencies that see a record (`agencies.visibility.viewers_of`) and why; `url` leads to the explainer."""
    return {"viewers": viewers, "first": viewers[:shown], "more": max(0, len(viewers) - shown), "url": url}


@register.simple_tag
def level_icon(level: Any) -> SafeString:
    return icon(badges.LEVEL_ICONS.get(str(getattr(level, "label", level)), "eye"))


# --- When ----------------------------------------------------------------------------------------------


@register.simple_tag
def when(moment: dt.date | dt.datetime | None, empty: str = "–") -> SafeString:
    """A relative time, the absolute one on hover; a plain date where there is no time."""
    if moment is None:
        return format_html('<span class="faint">{}</span>', empty)
    if not isinstance(moment, dt.datetime):
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), date_format(moment, "j M Y"))
    absolute = date_format(timezone.localtime(moment), "j M Y, H:i e")
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        moment.isoformat(), absolute, ago(moment, timezone.now()),
    )  # fmt: skip


@register.simple_tag
def due(moment: dt.date | dt.datetime | None, label: str = "Due") -> SafeString:
    """A deadline: quiet while far, amber within a day, red with the word "Overdue" once past. Nothing without one."""
    if moment is None:
        return SafeString("")
    at, now = end_of(moment), timezone.now()
    if at < now:
        tone, word = "danger", "Overdue"
    else:
        tone, word = ("warn" if at - now < dt.timedelta(days=1) else "neutral"), label
    text = format_html("{} {}", word, when(at) if isinstance(moment, dt.datetime) else _day(moment))
    return badge(text, tone, "clock", css="badge-plain")


def _day(day: dt.date) -> SafeString:
    today = timezone.localdate()
    return SafeString("today") if day == today else when(day)


# --- Panel, header, empty state: blocks with content -------------------------------------------------------


@register.simple_block_tag
def page_header(content: str, title: str, **parts: Any) -> SafeString:
    """`{% page_header title ref= crumbs= state= state_label= owner= handling= caveat= tlp= viewers= why_url=
    intro= %}` buttons, the main one first `{% endpage_header %}`. `crumbs` is a list of (label, url)."""
    return _block("page_header", content, title=title, **parts)


@register.simple_block_tag
def panel(content: str, title: str, **parts: Any) -> SafeString:
    """`{% panel "Tasks" icon="check" count=3 url= link="All tasks" flush=True id= %}` body `{% endpanel %}`."""
    return _block("panel", content, title=title, **parts)


@register.inclusion_tag("components/lazy_panel.html")
def lazy_panel(title: str, url: str, **parts: Any) -> dict[str, Any]:
    """A panel that fetches `url` by itself (`when="revealed"` to wait until scrolled to; `on="event"` to refetch when
    the page hears it); its title is a plain link to the same page. `live=True` asks again each second."""
    return {"title": title, "url": url, "when": "load", **parts}


@register.simple_block_tag
def empty_state(content: str, title: str, icon: str = "inbox") -> SafeString:
    """What this place is for, and inside the block the button that fills it."""
    return _block("empty_state", content, title=title, icon=icon)


@register.simple_block_tag
def notice(content: str, tone: str = "neutral", icon: str = "info", css: str = "") -> SafeString:
    """A sentence that stays on the page. `css="notice-banner"` for the full width."""
    return _block("notice", content, tone=tone, icon=icon, css=css)


@register.simple_block_tag
def menu(
    content: str, label: str = "More", icon: str = "ellipsis", css: str = "", text: str = ""
) -> SafeString:
    """Secondary actions; inside, links and buttons with class `menu-item`. `css="menu-start"` opens to the other side."""
    return _block("menu", content, label=label, icon=icon, css=css, text=text)


@register.simple_block_tag
def dialog(content: str, id: str, title: str, css: str = "") -> SafeString:
    """A modal, opened by any `<button data-dialog-open="id">`."""
    return _block("dialog", content, id=id, title=title, css=css)


@register.simple_block_tag
def record(content: str, title: str, **parts: Any) -> SafeString:
    """One side of a hit: `{% record name kind="person" side="Your record" agency= url= ref= %}` facts
    `{% endrecord %}`."""
    return _block("record", content, title=title, **parts)


@register.simple_block_tag
def sealed(
    content: str, agency: Any = None, officer: Any = None, liaison: str = "", title: str = ""
) -> SafeString:
    """The side the reader may not see: who holds it and whom to ask; inside, what can be asked for."""
    return _block("sealed", content, agency=agency, officer=officer, liaison=liaison, title=title)


def _block(name: str, content: str, **parts: Any) -> SafeString:
    return mark_safe(render_to_string(f"components/{name}.html", {"content": content, **parts}))  # noqa: S308


# --- Forms -----------------------------------------------------------------------------------------------


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **parts: Any) -> dict[str, Any]:
    """Any form field with label, help and errors. `label= help= prefix= suffix= look=` ("segmented" or "choices" for
    radios and checkboxes), `hide_label=True`; other names become attributes (`hx_get=` is written hx-get)."""
    own = {name: parts.pop(name) for name in _FIELD_PARTS & parts.keys()}
    attrs = {name.replace("_", "-"): value for name, value in parts.items()}
    widget = bound.field.widget
    if isinstance(widget, widgets.DateInput) and widget.input_type == "text":
        widget.input_type, widget.format = "date", "%Y-%m-%d"  # the browser's own calendar, in its one format
    if widget.attrs.get("placeholder") == bound.label:
        attrs["placeholder"] = ""  # allauth repeats the label there
    many = isinstance(widget, widgets.RadioSelect | widgets.CheckboxSelectMultiple)
    shape = "options" if many else "check" if isinstance(widget, widgets.CheckboxInput) else "control"
    return {
        "bound": bound, "shape": shape, "widget": bound.as_widget(attrs=attrs), "look": "", "prefix": "", "suffix": "",
        "label": bound.label, "help": bound.help_text, **own,
    }  # fmt: skip


_FIELD_PARTS = {"label", "help", "prefix", "suffix", "look", "hide_label"}


@register.inclusion_tag("components/form_fields.html")
def form_fields(form: BaseForm) -> dict[str, Any]:
    """A whole plain form: the list of errors, every field, the hidden ones."""
    return {"form": form}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """What is wrong with a form, each line a link to its field. Nothing when all is well."""
    return {"form": form, "fields": [bound for bound in form if bound.errors]}


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(
    context: template.Context, form: BaseForm, search: str = "q", target: str = ""
) -> dict[str, Any]:
    """A GET form as chips: the `search` field as a box, choices as drop-downs of checkboxes (counts from
    `field.counts`), the rest under "More". `target`: CSS selector of the list that htmx replaces."""
    shown = [bound for bound in form if not bound.is_hidden]
    query = context["request"].GET
    return {
        "form": form,
        "target": target,
        "search": next((bound for bound in shown if bound.name == search), None),
        "facets": [Facet.of(bound, query) for bound in shown if is_facet(bound)],
        "others": [bound for bound in shown if bound.name != search and not is_facet(bound)],
        "path": context["request"].path,
        **_active(form, query),
    }


@register.inclusion_tag("components/active_filters.html", takes_context=True)
def active_filters(context: template.Context, form: BaseForm) -> dict[str, Any]:
    """The chips of a filter bar once more, for an answer of htmx that replaces the list alone."""
    return {"swapped": True, **_active(form, context["request"].GET)}


def _active(form: BaseForm, query: QueryDict) -> dict[str, Any]:
    kept = QueryDict(mutable=True)
    for bound in form.hidden_fields():
        kept.setlist(bound.html_name, query.getlist(bound.html_name))
    shown = [bound for bound in form if not bound.is_hidden]
    return {
        "active": [chip for bound in shown for chip in active_chips(bound, query)],
        "cleared": f"?{kept.urlencode()}",
    }


def _one(noun: str) -> str:
    """ "leads" -> "lead", "entries" -> "entry"."""
    return noun.removesuffix("ies") + "y" if noun.endswith("ies") else noun.removesuffix("s")


@register.inclusion_tag("components/pager.html")
def pager(
    newer: str = "", older: str = "", count: int | None = None, noun: str = "rows", cap: int = COUNT_CAP
) -> dict[str, Any]:
    """Keyset pager: links to the newer and older page, and a count that stops at `cap` ("1,000+")."""
    return {
        "newer": newer,
        "older": older,
        "count": count,
        "noun": _one(noun) if count == 1 else noun,
        "capped": (count or 0) > cap,
        "cap": cap,
    }


# --- Identifiers, evidence, progress ----------------------------------------------------------------------


@register.simple_tag
def tags(words: Iterable[str], list_url: str = "") -> SafeString:
    """`{% tags lead.tags "intel:lead-list" %}`: chips, each leading to the records of that list with the same tag."""
    if not words:
        return SafeString("")
    url = reverse(list_url) if list_url else ""
    chips = format_html_join(
        "", '<a class="chip"{}><bdi>{}</bdi></a>', ((_to(url, word), word) for word in words)
    )
    return format_html('<span class="chip-list">{}</span>', chips)


def _to(url: str, tag: str) -> SafeString:
    return (
        format_html(' href="{}?{}"', url, urlencode({"view": "all", "tag": tag})) if url else SafeString("")
    )


@register.simple_tag
def kind_icon(kind: str) -> SafeString:
    """The icon of a kind of subject or identifier."""
    return icon(badges.KIND_ICONS.get(str(kind), "tag"))


@register.simple_tag
def identifier(kind: str, value: str, label: str = "", url: str = "", css: str = "") -> SafeString:
    """A chip to read: `{% identifier "phone" "+48 22 555 0134" %}`."""
    tag = "a" if url else "span"
    return format_html(
        '<{0} class="chip {1}"{2}>{3}<span class="visually-hidden">{4}</span><bdi>{5}</bdi></{0}>',
        mark_safe(tag), css, format_html(' href="{}"', url) if url else "",  # noqa: S308
        kind_icon(kind), f"{label or kind.replace('_', ' ').capitalize()}: ", value,
    )  # fmt: skip


@register.inclusion_tag("components/pick_chip.html")
def pick_chip(kind: str, value: str, **parts: Any) -> dict[str, Any]:
    """A found identifier to confirm, correct or drop: a checkbox `name=` with value "kind:value". `shown=` how it is
    written, `label=`, `checked=False` for a doubtful one, `known=` ("2 leads of yours"), `warning=`."""
    return {"kind": kind, "value": value, "shown": value, "name": "identifier", "checked": True, **parts}


@register.inclusion_tag("components/waterfall.html")
def waterfall(rows: Iterable[Any], thresholds: Sequence[tuple[str, float]] = ()) -> dict[str, Any]:
    """Evidence in bits. Each row, an object or a dict, has label, sentence, weight; a dict may add a `note`."""
    held = list(rows)
    triples = [(_of(row, "label"), _of(row, "sentence"), float(_of(row, "weight"))) for row in held]
    notes = [row.get("note", "") if isinstance(row, dict) else "" for row in held]
    chart = lay_out(triples, thresholds)
    return {"chart": chart, "bars": list(zip(chart.bars, notes, strict=True))}


@register.filter
def bits(weight: float) -> str:
    """+6.2, −1.4: a sign always, a real minus."""
    return f"{weight:+.1f}".replace("-", "−")


@register.filter
def unlocalised(number: float) -> str:
    """A number for an SVG attribute: a point, never a comma."""
    return f"{number:g}"


def _of(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, label: str = "", left: str = "", tone: str = "") -> dict[str, Any]:
    """Real numbers: "1,204 of 8,000 rows", and `left` ("about 2 min left")."""
    return {"done": done, "total": total, "label": label, "left": left, "tone": tone}


@register.inclusion_tag("components/history.html")
def history(events: Iterable[Any]) -> dict[str, Any]:
    """A timeline. Each event: by, said (what was done), at; and if known tone, icon, quote."""
    return {"events": events}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[tuple[Any, ...]], current: str, label: str = "Sections") -> dict[str, Any]:
    """Links as tabs: items of (key, label, url[, count])."""
    return {"items": [(*item, None)[:4] for item in items], "current": current, "label": label}


@register.inclusion_tag("components/steps.html")
def steps(labels: Sequence[str], current: int) -> dict[str, Any]:
    """Where one stands in a procedure; `current` counts from 1."""
    return {"labels": labels, "current": current}


@register.simple_tag
def keys(combo: str) -> SafeString:
    """`{% keys "g d" %}` as key caps."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((key,) for key in combo.split()))


@register.simple_tag
def bubble(url: str) -> SafeString:
    """A count fetched after the page is there, and again every half minute. Empty when there is nothing."""
    return format_html(
        '<span class="bubble" hx-get="{}" hx-trigger="load, every 30s, counted from:body"></span>', url
    )
