"""A linking run in a terminal: it is worked on here, beside any workers, with a bar; Ctrl-C pauses it."""

from __future__ import annotations

import time
from typing import TextIO, cast

from django.core.management.base import OutputWrapper
from django.db import OperationalError, connection
from django.db.models import Sum

from intel import actions
from intel.matching import runs
from intel.models import LinkRun
from taskforce.demo.progress import Bar

_LOOK_EVERY = 0.5
_MOST_TROUBLES = 5  # of the database in a row (a deadlock, a restart) that are sat out


def go_on(run: LinkRun, out: OutputWrapper) -> None:
    """Work on a run until it ends. It goes on from where it is, also when it was paused."""
    if run.state == LinkRun.State.PAUSED:
        run = actions.resume_run(run, by=None)
    try:
        _work(run, Bar(_named(run), run.records()[1], cast(TextIO, out)))
    except KeyboardInterrupt:
        if LinkRun.objects.unfinished().filter(pk=run.pk).exists():
            actions.pause_run(run, by=None)
            out.write(
                "\nPaused. The same command goes on from here; ./run manage link_runs --cancel "
                f"{str(run.pk)[:8]} ends it.\n"
            )
        return
    out.write(f"{told(LinkRun.objects.get(pk=run.pk))}\n")


def _work(run: LinkRun, bar: Bar) -> None:
    outcome, troubles = runs.Next.MORE, 0
    while outcome != runs.Next.OVER:
        end = time.monotonic() + _LOOK_EVERY
        try:
            outcome = runs.work(run, stop=lambda end=end: time.monotonic() > end)  # type: ignore[misc]
            troubles = 0
        except OperationalError:
            troubles += 1
            if troubles > _MOST_TROUBLES:
                raise
            connection.close_if_unusable_or_obsolete()
            outcome = runs.Next.WAIT
        done, bar.total = run.records()
        bar.step(done - bar.done)
        if outcome == runs.Next.WAIT:
            time.sleep(_LOOK_EVERY)
    bar.close()


def _named(run: LinkRun) -> str:
    return f"{run.get_kind_display()} of {run.agency}" if run.agency else str(run)


def told(run: LinkRun) -> str:
    """All that is to be known of a run, over all agencies: for those who operate the installation."""
    chunks = run.chunks.all()
    sums = chunks.aggregate(
        compared=Sum("compared"), new=Sum("new"), changed=Sum("changed"), withdrawn=Sum("withdrawn"),
        errors=Sum("errors"), busy=Sum("busy"),
    )  # fmt: skip
    known = {name: value or 0 for name, value in sums.items()}
    done, total = run.records()
    speed = (
        f", {known['compared'] / known['busy']:,.0f} pairs a second of each worker" if known["busy"] else ""
    )
    return (
        f"{str(run.pk)[:8]}  {_named(run)} · {run.get_state_display().lower()}{f' ({run.error})' if run.error else ''}\n"
        f"          {done:,} of {total:,} records, {known['compared']:,} pairs compared in {run.seconds:,.0f} s{speed}\n"
        f"          hits: {known['new']:,} new, {known['changed']:,} changed, {known['withdrawn']:,} withdrawn; "
        f"{known['errors']:,} errors · model {run.model_version} · started by {run.started_by or 'the installation'}, "
        f"{run.created_at:%Y-%m-%d %H:%M}"
    )
