"""The admin's panel as one message, and what an admin's command menu has more than others'."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.admin.models.figures import figures_table
from bot.admin.models.views import ShowModels, model_head
from bot.admin.panel.service import ModelsSummary, Overview
from bot.admin.training.service import TrainingOverview, has_curve
from bot.admin.training.views import ShowCurves, StartTraining, job_line, progress_text, stop_row
from bot.admin.ways import ShowPanel, back_to
from bot.admin.wording import aligned, cut, number, span
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from storage.running.backups import Backups
from storage.running.counts import FilmCounts, PeopleCounts
from storage.running.weeks import Week

_PAGES = (("models", "training"), ("people", "quality", "content"))
# What recsys.monitoring measures, by its names, and which of it are shares.
_FIGURES = ("gini", "coverage", "popularity_lift", "miscalibration", "most_active_share", "hit_rate")
_SHARES = ("coverage", "most_active_share", "hit_rate")


def admin_menu(commands: Iterable[str], t: Translator) -> list[tuple[str, str]]:
    """Names of admins' commands (without slash) and what they do."""
    return [(name, t.plain(f"panel.command.{name}")) for name in commands]


def home_screen(page: Overview, now: datetime, t: Translator) -> Screen:
    """Four lines, and a button for each page."""
    lines = [t.html("panel.title"), ""]
    if page.live is not None:
        age = span(now - (page.live.live_since or page.live.made_at), t)
        lines.append(t.html("panel.home.model", version=page.live.version, age=age))
    job = page.training.under_way
    if job is not None:
        lines.append(t.html("panel.home.training", kind=t.plain(f"training.kind.{job.kind}")))
    else:
        lines.append(t.html("panel.home.idle", next=_next(page.training, now, t)))
    lines.append(t.html("panel.home.people", count=page.people.people, lately=page.people.lately))
    lines.append(t.html("panel.home.films", films=page.films.films))
    lines.append(_backups(page.backups, now, t))
    if page.people.flagged:
        lines.append(t.html("panel.home.flagged", count=page.people.flagged))
    lines += ["", t.html("panel.home.audit")]
    rows = tuple(tuple(Button(t.plain(f"panel.{name}"), ShowPanel(name)) for name in row) for row in _PAGES)
    return Screen("\n".join(lines), rows)


def backup_failed_screen(why: str, t: Translator) -> Screen:
    """To admins, once until a backup succeeds."""
    return Screen(t.html("backup.failed", why=cut(why)))


def _backups(state: Backups | None, now: datetime, t: Translator) -> str:
    if state is None:
        return t.html("panel.home.backups_off")
    if state.failing_since is not None:
        return t.html("panel.home.backup_fails", since=span(now - state.failing_since, t), why=cut(state.why))
    if state.made_at is None:
        return t.html("panel.home.backup_none")
    size = f"{state.size / 1e6:.1f} MB"
    return t.html("panel.home.backup", age=span(now - state.made_at, t), size=size)


def models_screen(page: ModelsSummary, now: datetime, t: Translator) -> Screen:
    """The live model and its figures, and the way to the others."""
    lines: list[str] = [t.html("panel.models.title"), ""]
    if page.live is not None:
        lines += model_head(page.live, now, t)
        table = figures_table(page.live.metrics, t)
        lines += [] if table is None else ["", t.html("models.figures"), table]
    others = "others" if page.kept else "none_before"
    lines += ["", t.html(f"panel.models.{others}", kept=page.kept, refused=page.refused)]
    return Screen(
        "\n".join(lines), ((Button(t.plain("button.all_models"), ShowModels(0)),), (back_to("home", t),))
    )


def training_screen(page: TrainingOverview, now: datetime, t: Translator) -> Screen:
    """The training under way, or when the next begins; how the last ones went."""
    lines: list[str] = [t.html("panel.training.title"), ""]
    if page.under_way is not None:
        lines.append(progress_text(page.under_way, t))
    else:
        lines.append(t.html("panel.training.idle"))
    lines += ["", t.html("panel.training.next", next=_next(page, now, t))]
    if page.after is not None:
        lines.append(t.html("panel.training.after", count=page.after))
    if page.ended:
        lines += ["", t.html("panel.training.last")]
        lines += [job_line(job, span(now - (job.finished_at or now), t), t) for job in page.ended]
    begin = tuple(Button(t.plain(f"button.train_{kind}"), StartTraining(kind)) for kind in ("fine", "full"))
    act = begin if page.under_way is None else stop_row(page.under_way, t)
    refresh = Button(t.plain("button.refresh"), ShowPanel("training"))
    known = any(has_curve(job) for job in (page.under_way, *page.ended) if job is not None)
    curves = (Button(t.plain("button.curves"), ShowCurves()),) if known else ()
    return Screen("\n".join(lines), (act, (*curves, refresh, back_to("home", t))))


def people_screen(people: PeopleCounts, t: Translator) -> Screen:
    """Counts, and the commands that say more."""
    lines = [
        t.html("panel.people.title"),
        "",
        t.html("panel.people.all", count=people.people),
        t.html("panel.people.raters", raters=people.raters, lately=people.lately),
        t.html("panel.people.ratings", count=people.ratings),
        t.html("panel.people.kept_out", count=people.kept_out),
        t.html("panel.people.flagged", count=people.flagged),
        "",
        t.html("panel.people.commands"),
    ]
    return Screen("\n".join(lines), ((back_to("home", t),),))


def quality_screen(week: Week | None, t: Translator) -> Screen:
    """The figures of the newest week."""
    lines: list[str] = [t.html("panel.quality.title"), ""]
    if week is None:
        lines.append(t.html("panel.quality.none"))
    else:
        rows = [
            (t.plain(f"panel.figure.{name}"), number(value, percent=name in _SHARES))
            for name in _FIGURES
            if (value := (week.figures.get(name) or {}).get("value")) is not None
        ]
        lines.append(t.html("panel.quality.week", week=week.week))
        lines.append(aligned(rows) if rows else t.html("panel.quality.nothing"))
    lines += ["", t.html("panel.quality.commands")]
    return Screen("\n".join(lines), ((back_to("home", t),),))


def content_screen(films: FilmCounts, t: Translator) -> Screen:
    """Counts of films, and the commands that change them."""
    lines = [
        t.html("panel.content.title"),
        "",
        t.html("panel.content.films", count=films.films),
        t.html("panel.content.changed", added=films.added, merged=films.merged),
        "",
        t.html("panel.content.commands"),
    ]
    return Screen("\n".join(lines), ((back_to("home", t),),))


def _next(training: TrainingOverview, now: datetime, t: Translator) -> str:
    """When the clock begins the next one."""
    if training.next_at is None:
        return t.plain("panel.next.never")
    left = span(training.next_at - now, t)
    return t.plain(
        "panel.next.at", at=f"{training.next_at:%H:%M}", zone=str(training.next_at.tzinfo), left=left
    )
