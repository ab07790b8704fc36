"""What a night ends with on the screen: of each study counts, medians, hazard ratios, checks, paths, or what failed."""

from __future__ import annotations

import json
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cartwright.warehouse import connect, disk
from cartwright.warehouse.counted import counted
from cartwright.warehouse.one_row import one_row
from cartwright.warehouse.quality import ledger
from cartwright.warehouse.quality import not_understood as finding_list

if TYPE_CHECKING:
    import duckdb

    from cartwright.orchestration.commands.refresh import NightReport
    from cartwright.warehouse.settings import Settings
    from cartwright.warehouse.study.place import StudyPlace

SHOWN_CHECKS = 10
SHOWN_FINDINGS = 3  # of a kind
LEAST_WIDTH = 20
WHOLE_WORDS: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


def show_night(report: NightReport, settings: Settings) -> None:
    """Print what came of each study: the summary of its release, or what went wrong; then the night as a whole."""
    places = [place for place in settings.places() if place.study_id in report.published]
    if places and settings.simulated_marker.exists():
        _console().print("\n[bold]Simulated data: no patient of these releases exists.[/]")
    for place in places:
        _table([*([("study", place.study_id)] if len(settings.studies) > 1 else []), *_release(place, report)])
    if not report.succeeded:
        _failed(report, settings)
    _table(
        [
            *([("built", _built(report))] if report.built else []),
            *([("time", _time(report))] if places else []),
            *([("told", "\n".join(report.told))] if report.told else []),
            ("run", f"cartwright ui, then http://127.0.0.1:3000/runs/{report.run_id}"),
        ]
    )


def _built(report: NightReport) -> str:
    """How much of the tables was made anew, a line a side."""
    return "\n".join(f"{study or 'hospital'}: {words}" for study, words in report.built.items())


def _release(place: StudyPlace, report: NightReport) -> list[tuple[str, str]]:
    """The release that is now current, in lines."""
    folder = place.current.resolve()
    with connect.open_release(folder / "release.duckdb") as con:
        return [
            ("findings", _findings(con)),
            ("records", _records(con, report)),
            ("patients", _patients(con)),
            *_survival(con),
            ("checks", _checks(con)),
            *(("audit", words) for words in _audit(con)),
            ("release", str(folder)),
            ("report", str(folder / "report.html")),
        ]


def _failed(report: NightReport, settings: Settings) -> None:
    """Say what went wrong, and that yesterday's releases stay."""
    console = Console(highlight=False, stderr=True)
    missing = [place for place in settings.places() if place.study_id not in report.published]
    of_what = f" of {', '.join(place.study_id for place in missing)}" if report.published else ""
    console.print(f"\n[bold red]No release{of_what} tonight.[/]" if missing else "\n[bold red]The night failed.[/]")
    for problem in report.problems:
        console.print(f"- {problem}", markup=False, soft_wrap=True)
        if words := disk.in_words(problem, settings):
            console.print(f"  {words}", markup=False, soft_wrap=True)
    for place in missing:
        kept = place.current.resolve().name if place.current.exists() else "none yet"
        console.print(f"current release of {place.study_id}, untouched: {kept}")


def _table(lines: list[tuple[str, str]]) -> None:
    """Names and what is said of each, folded between words: a path or an address is one word, and is never cut."""
    console = _console()
    margin = max(len(name) for name, _ in lines) + 2
    room = max(console.width - margin, LEAST_WIDTH)
    for name, words in lines:
        told = [part for line in words.split("\n") for part in textwrap.wrap(line, room, **WHOLE_WORDS) or [""]]
        for head, part in zip_longest([f"[bold]{name}[/]" + " " * (margin - len(name))], told, fillvalue=" " * margin):
            console.print(f"{head}{part}", soft_wrap=True)


def _console() -> Console:
    return Console(highlight=False)


def _findings(con: duckdb.DuckDBPyConnection) -> str:
    """What was not understood, a line a kind."""
    lines = finding_list.in_words(con, SHOWN_FINDINGS)
    return "\n".join([*lines, "all of them, and what to do: cartwright findings"] if lines else ["none"])


def _records(con: duckdb.DuckDBPyConnection, report: NightReport) -> str:
    words = "{:,} in = {:,} loaded + {:,} rejected + {:,} exact duplicates"
    tonight = [report.tonight[name] for name in ("delivered", "loaded", "rejected", "duplicates")]
    return f"{words.format(*ledger.totals(con).values())}; of these tonight {words.format(*tonight)}"


def _patients(con: duckdb.DuckDBPyConnection) -> str:
    counted = con.execute("SELECT count(*), count(*) FILTER (is_included) FROM eligibility.screening")
    screened, included = one_row(counted)
    groups = con.execute(
        "SELECT group_code, count(*) FROM adam.adsl WHERE inclfl = 'Y' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    named = " + ".join(f"{count:,} {group}" for group, count in groups if group)
    return f"{screened:,} screened, {included:,} included" + (f" = {named}" if named else "")


def _survival(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """(endpoint, words): medians and hazard ratios of the plan's headline; by group where it has both.

    What is compared by another column than the group has a line of its own, with its levels in words.
    """
    headline = con.execute("""
        SELECT analysis_id, kind, endpoint, group_by, group_levels FROM results.analysis
        WHERE kind IN ('km', 'hr_cox') AND (options ->> '$.headline') = 'true' ORDER BY output_id, seq""").fetchall()
    grouped = {endpoint for _, kind, endpoint, group_by, _ in headline if kind == "km" and group_by}
    words: dict[str, list[str]] = {}
    for analysis_id, kind, endpoint, group_by, levels in headline:
        is_other = group_by not in (None, "group_code", "population")
        name = f"{endpoint} by {group_by}" if is_other else endpoint
        labels = {row["level"]: row["label"] for row in json.loads(levels)} if is_other else {}
        if kind == "hr_cox":
            words.setdefault(name, []).extend(_ratio(con, analysis_id))
        elif group_by or endpoint not in grouped:
            words.setdefault(name, []).extend(_medians(con, analysis_id, labels))
    return [(endpoint, ", ".join(parts)) for endpoint, parts in words.items()]


def _medians(con: duckdb.DuckDBPyConnection, analysis_id: str, labels: dict[str, str]) -> list[str]:
    rows = con.execute(
        "SELECT group_level, value, ci_low, ci_high, n, events FROM results.ard "
        "WHERE analysis_id = ? AND statistic = 'median_survival_months' ORDER BY group_level",
        [analysis_id],
    ).fetchall()
    return [
        f"{labels.get(group, group)} median {_number(value, 1)} months ({_number(low, 1)} to {_number(high, 1)}; "
        f"{events} events of {n})"
        for group, value, low, high, n, events in rows
    ]


def _ratio(con: duckdb.DuckDBPyConnection, analysis_id: str) -> list[str]:
    rows = con.execute(
        "SELECT value, ci_low, ci_high FROM results.ard WHERE analysis_id = ? AND statistic = 'hr'", [analysis_id]
    ).fetchall()
    return [
        "hazard ratio "
        + (
            "not estimable"
            if (low := _number(row[1], 2)) == "NE"
            else f"{_number(row[0], 2)} ({low} to {_number(row[2], 2)})"
        )
        for row in rows
    ]


def _number(value: float | None, digits: int) -> str:
    return "NE" if value is None or value != value else f"{value:.{digits}f}"


def _checks(con: duckdb.DuckDBPyConnection) -> str:
    rows = con.execute("SELECT outcome, count(*) FROM quality.check_result GROUP BY ALL ORDER BY 2 DESC").fetchall()
    words = ", ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in rows)
    bad: list[tuple[Any, ...]] = con.execute(
        "SELECT check_id, severity, message FROM quality.check_result WHERE outcome IN ('failed', 'error') ORDER BY ALL"
    ).fetchall()
    lines = [f"{severity}: {check_id}: {message}" for check_id, severity, message in bad]
    if len(lines) > SHOWN_CHECKS:
        lines[SHOWN_CHECKS:] = [f"and {len(lines) - SHOWN_CHECKS} more in quality.check_result"]
    return "\n".join([words, *lines])


def _audit(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Printed figures by verdict; nothing for a study without them."""
    counts = con.execute("SELECT verdict, count(*) FROM results.claims_audit GROUP BY ALL ORDER BY 2 DESC").fetchall()
    words = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in counts)
    return [f"{counted(sum(count for _, count in counts), 'printed figure')}: {words}"] if counts else []


def _time(report: NightReport) -> str:
    slowest = sorted(report.seconds.items(), key=lambda item: -item[1])[:6]
    return f"{sum(report.seconds.values()):.1f} s in steps: " + ", ".join(
        f"{name} {took:.1f}" for name, took in slowest
    )
